package io.sluice.sse.netty.stream;

import java.util.concurrent.ThreadLocalRandom;

/** Spreads reconnection times, so that clients whose streams ended together do not reconnect together. */
public final class Jitter {

    private Jitter() {}

    /** A random time from half to one and a half of {@code millis}, which must be at least 1. */
    public static long around(long millis) {
        return millis / 2 + ThreadLocalRandom.current().nextLong(millis);
    }
}
