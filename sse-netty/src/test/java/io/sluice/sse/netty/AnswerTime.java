package io.sluice.sse.netty;

import java.io.IOException;
import java.time.Duration;

/** Asserts that a server answers hostile input, or ends what it concerns, soon after the last byte that was sent. */
final class AnswerTime {

    static final Duration MAX = Duration.ofSeconds(1);

    /** For input that is only ended by a timeout. */
    static final Duration MAX_SLOW = Duration.ofSeconds(10);

    /** A busy machine can stop the whole process for more than {@link #MAX}. A slow server is slow each time. */
    private static final int ATTEMPTS = 3;

    private AnswerTime() {}

    /** Sends the input on a new connection and checks the answer. */
    @FunctionalInterface
    interface Attempt {
        /** @return the time from the last byte that was sent to the answer */
        Duration run() throws IOException;
    }

    /** @return how many attempts were needed */
    static int assertShort(String name, Attempt attempt) throws IOException {
        Duration best = attempt.run();
        int attempts = 1;
        for (; best.compareTo(MAX) > 0 && attempts < ATTEMPTS; attempts++) {
            Duration took = attempt.run();
            best = took.compareTo(best) < 0 ? took : best;
        }
        if (best.compareTo(MAX) > 0) {
            throw new AssertionError(
                    name + ": the answer took " + best.toMillis() + " ms at best (expected: " + MAX.toMillis() + ")");
        }
        return attempts;
    }

    /** The time since this {@link System#nanoTime}. */
    static Duration since(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime);
    }
}
