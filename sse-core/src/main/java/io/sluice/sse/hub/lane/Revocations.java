package io.sluice.sse.hub.lane;

/**
 * The latest principals whose access was revoked. A request may have been authenticated before a revocation and open
 * its stream after it; the visit of the open streams does not find it. So a transport asks here before it opens a
 * stream. Thread-safe.
 */
final class Revocations {

    /** If more principals were revoked while a request waited, it counts as revoked, too. */
    static final int REMEMBERED = 1_024;

    private final String[] latest = new String[REMEMBERED];
    private volatile long count;

    Revocations() {}

    /** How many revocations there were. A transport reads it before it authenticates a request. */
    long count() {
        return count;
    }

    /** Adds a revocation. */
    synchronized void add(String principal) {
        latest[(int) (count % REMEMBERED)] = principal;
        count = count + 1;
    }

    /** Whether the principal was revoked since {@link #count} had this value. */
    boolean includes(String principal, long since) {
        return count != since && includesOfLatest(principal, since);
    }

    private synchronized boolean includesOfLatest(String principal, long since) {
        if (count - since > REMEMBERED) {
            return true;
        }
        for (long i = since; i < count; i++) {
            if (principal.equals(latest[(int) (i % REMEMBERED)])) {
                return true;
            }
        }
        return false;
    }
}
