package io.sluice.sse.netty;

import java.util.concurrent.ThreadLocalRandom;

/** Spreads reconnection times, so that clients whose streams ended together do not reconnect together. */
final class Jitter {

    private Jitter() {}

    /** A random time from half to one and a half of {@code millis}, which must be at least 1. */
    static long around(long millis) {
        return millis / 2 + ThreadLocalRandom.current().nextLong(millis);
    }
}
