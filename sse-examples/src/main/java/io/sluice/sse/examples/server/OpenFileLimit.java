package io.sluice.sse.examples.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.sluice.sse.netty.SseServerBuilder;
import java.lang.management.ManagementFactory;

/** How many streams and connections the limit of open files leaves room for: each of them is a descriptor. */
final class OpenFileLimit {

    private static final int LEFT = 512;

    private OpenFileLimit() {}

    /** Streams unless said otherwise: some descriptors are left for other requests and for the JVM itself. */
    static int streams() {
        return (int) Math.max(1, Math.min(SseServerBuilder.DEFAULT_MAX_STREAMS, limit() - LEFT));
    }

    /** The most streams that can be asked for. */
    static long mostStreams() {
        return Math.max(1, Math.min(limit() - ofJvm(), Integer.MAX_VALUE - 1));
    }

    /** These streams, and as many again for other requests as there are descriptors for beside the JVM's own. */
    static int connectionsFor(int streams) {
        long above = (long) streams + SseServerBuilder.DEFAULT_CONNECTIONS_ABOVE_STREAMS;
        return (int) Math.min(above, mostStreams());
    }

    private static long ofJvm() {
        return Math.min(LEFT / 2, limit() / 2);
    }

    private static long limit() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }
}
