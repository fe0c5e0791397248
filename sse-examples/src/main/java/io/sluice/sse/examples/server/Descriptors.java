package io.sluice.sse.examples.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.sluice.sse.netty.SseServerBuilder;
import java.lang.management.ManagementFactory;

/** What this process may open. */
final class Descriptors {

    private static final int LEFT = 512;

    private Descriptors() {}

    /** The most streams, unless said otherwise: each is a descriptor; some are left for other requests and for the JVM itself. */
    static int streams() {
        return (int) Math.max(1, Math.min(SseServerBuilder.DEFAULT_MAX_STREAMS, all() - LEFT));
    }

    /** All but what the JVM itself needs. */
    static long beyondJvm() {
        return all() - Math.min(LEFT / 2, all() / 2);
    }

    private static long all() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }
}
