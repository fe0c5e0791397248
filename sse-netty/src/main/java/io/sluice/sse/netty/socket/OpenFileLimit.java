package io.sluice.sse.netty.socket;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** Finds out whether the limit of open files leaves room for streams: each connection needs one file descriptor. */
public final class OpenFileLimit {

    /** So many descriptors are for other requests and for the JVM. */
    private static final int RESERVED = 512;

    private OpenFileLimit() {}

    /** The limit of this process; {@link Long#MAX_VALUE} if it is unknown. */
    public static long current() {
        try {
            return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                    ? unix.getMaxFileDescriptorCount()
                    : Long.MAX_VALUE;
        } catch (NoClassDefFoundError e) { // a runtime image without the module jdk.management
            return Long.MAX_VALUE;
        }
    }

    /**
     * A line for an operator whose limit of open files leaves little room for streams; null if it leaves enough.
     *
     * @param limit as {@link #current}
     * @param maxStreams the maximum of streams that is configured
     */
    public static @Nullable String warning(long limit, int maxStreams) {
        if (limit >= 2 * RESERVED || limit - RESERVED > maxStreams) {
            return null;
        }
        long streams = Math.max(1, Math.min(maxStreams, limit - RESERVED));
        return "the limit of open files is " + limit + ", so at most " + streams
                + (streams == 1 ? " stream fits" : " streams fit")
                + "; raise it before the start, with ulimit -n or LimitNOFILE= of systemd, for example to 65536";
    }
}
