package io.sluice.sse.hub.lane;

/**
 * Whether to wait for what may come: a wait that brought nothing makes the next ones be skipped, twice as many each time.
 * Not thread-safe.
 */
final class AdaptiveBackoff {

    private final int mostSkipped;
    private int toSkip;
    private int skipped;

    /** @param mostSkipped the most that are skipped after waits that brought nothing */
    AdaptiveBackoff(int mostSkipped) {
        this.mostSkipped = mostSkipped;
    }

    /** Whether to wait this time; if so, {@link #waited} follows. */
    boolean mayWait() {
        return skipped++ >= toSkip;
    }

    /** A wait is over. */
    void waited(boolean paid) {
        toSkip = paid ? 0 : Math.min(mostSkipped, 2 * toSkip + 1);
        skipped = 0;
    }
}
