package io.sluice.sse.hub;

/**
 * Whether to wait for what may come: a wait that brought nothing makes the next ones be skipped, twice as many each time.
 * Not thread-safe.
 */
final class Patience {

    /** The most that are skipped after waits that brought nothing. */
    static final int MOST_SKIPPED = 63;

    private int toSkip;
    private int skipped;

    /** Whether to wait this time; if so, {@link #waited} follows. */
    boolean mayWait() {
        return skipped++ >= toSkip;
    }

    /** A wait is over. */
    void waited(boolean paid) {
        toSkip = paid ? 0 : Math.min(MOST_SKIPPED, 2 * toSkip + 1);
        skipped = 0;
    }
}
