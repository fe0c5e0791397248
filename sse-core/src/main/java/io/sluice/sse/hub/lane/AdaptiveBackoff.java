package io.sluice.sse.hub.lane;

/**
 * Decides whether to wait for something that may come. After each wait that was useless, it skips twice as many waits
 * as before; after a useful one, it skips none. Not thread-safe.
 */
final class AdaptiveBackoff {

    private final int maxSkipped;
    private int toSkip;
    private int skipped;

    /** @param maxSkipped the most waits skipped in a row */
    AdaptiveBackoff(int maxSkipped) {
        this.maxSkipped = maxSkipped;
    }

    /** Whether to wait this time. If so, {@link #waited} follows; if not, this wait counts as skipped. */
    boolean mayWait() {
        return skipped++ >= toSkip;
    }

    /** A wait is over. */
    void waited(boolean useful) {
        toSkip = useful ? 0 : Math.min(maxSkipped, 2 * toSkip + 1);
        skipped = 0;
    }
}
