package io.sluice.sse.examples.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.sluice.sse.netty.SseServerBuilder;
import java.lang.management.ManagementFactory;

/**
 * Derives the limits of streams and connections from the limit of open files: each connection needs one file
 * descriptor.
 */
final class OpenFileLimit {

    private static final int RESERVED = 512;

    private OpenFileLimit() {}

    /** The default limit of streams: some descriptors are left for other requests and for the JVM. */
    static int defaultStreams() {
        return (int) Math.max(1, Math.min(SseServerBuilder.DEFAULT_MAX_STREAMS, limit() - RESERVED));
    }

    /** The highest limit of streams that can be configured. */
    static long maxStreams() {
        return Math.max(1, Math.min(limit() - neededByJvm(), Integer.MAX_VALUE - 1));
    }

    /**
     * The limit of connections for this limit of streams: adds room for other requests, as far as descriptors allow.
     */
    static int connectionsFor(int streams) {
        long above = (long) streams + SseServerBuilder.DEFAULT_CONNECTIONS_ABOVE_STREAMS;
        return (int) Math.min(above, maxStreams());
    }

    private static long neededByJvm() {
        return Math.min(RESERVED / 2, limit() / 2);
    }

    private static long limit() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }
}
