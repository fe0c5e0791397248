package io.sluice.sse.netty.socket;

import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Netty classes of each transport, in the order in which they are tried. Epoll comes before
 * io_uring, although io_uring is faster: with Netty 4.2.18 on Linux 6.18 a channel over io_uring can miss a reset that
 * directly follows data. If the server never writes to that channel, it stays open forever. Epoll does not show this.
 */
public enum TransportBackend {
    EPOLL(EpollServerSocketChannel.class) {
        @Override
        @Nullable
        public Throwable unavailabilityCause() {
            return probe(() -> Epoll.isAvailable() ? null : Epoll.unavailabilityCause());
        }

        @Override
        public IoHandlerFactory handlers() {
            return EpollIoHandler.newFactory(READY_AT_ONCE, DefaultSelectStrategyFactory.INSTANCE);
        }

        @Override
        boolean isLinux() {
            return true;
        }
    },
    IO_URING(IoUringServerSocketChannel.class) {
        @Override
        @Nullable
        public Throwable unavailabilityCause() {
            return probe(() -> IoUring.isAvailable() ? null : IoUring.unavailabilityCause());
        }

        @Override
        public IoHandlerFactory handlers() {
            return IoUringIoHandler.newFactory();
        }

        @Override
        boolean isLinux() {
            return true;
        }
    },
    KQUEUE(KQueueServerSocketChannel.class) {
        @Override
        @Nullable
        public Throwable unavailabilityCause() {
            return probe(() -> KQueue.isAvailable() ? null : KQueue.unavailabilityCause());
        }

        @Override
        public IoHandlerFactory handlers() {
            return KQueueIoHandler.newFactory();
        }
    },
    NIO(NioServerSocketChannel.class) {
        @Override
        @Nullable
        public Throwable unavailabilityCause() {
            return null;
        }

        @Override
        public IoHandlerFactory handlers() {
            return NioIoHandler.newFactory();
        }

        @Override
        @Nullable
        KeepAlive keepAlive() {
            return KeepAlive.ofJdk();
        }
    };

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.TransportBackend");

    /**
     * How many ready connections an event loop serves before its lane runs. Without a bound, the handshakes of a crowd
     * that connects at once (a tenth of a second for a thousand) would delay every event.
     */
    static final int READY_AT_ONCE = 8;

    public final Class<? extends ServerChannel> serverChannel;

    TransportBackend(Class<? extends ServerChannel> serverChannel) {
        this.serverChannel = serverChannel;
    }

    /** The reason why the transport is not available on this machine; null if it is. */
    public abstract @Nullable Throwable unavailabilityCause();

    public abstract IoHandlerFactory handlers();

    /** Whether its sockets are native Linux sockets, which take all socket options of Linux. */
    boolean isLinux() {
        return false;
    }

    /**
     * How many connections may be pending before accepting is throttled: as many as the event loops serve in one
     * iteration. Unlimited over io_uring, because Netty hands over each connection that the kernel has accepted, even
     * while reading is off.
     */
    public int maxPendingConnections(int loops) {
        return this == IO_URING ? Integer.MAX_VALUE : loops * READY_AT_ONCE;
    }

    /** The options for the kernel's probes of a silent connection; null if the transport has none. */
    @Nullable
    KeepAlive keepAlive() {
        return null;
    }

    /**
     * Finds the requested transport; null requests the first one that is available.
     *
     * @throws IllegalArgumentException if it is not available on this machine; the cause is the reason
     */
    public static TransportBackend choose(@Nullable TransportBackend requested) {
        for (TransportBackend candidate : values()) {
            if (requested != null && requested != candidate) {
                continue;
            }
            Throwable cause = candidate.unavailabilityCause();
            if (cause == null) {
                return candidate;
            }
            if (requested != null) {
                log.warn(
                        "transport {} is not available here: {}",
                        requested,
                        rootOf(cause).toString());
                throw new IllegalArgumentException(
                        "transport: " + requested + " (not available here: " + rootOf(cause)
                                + "; expected: auto, or a transport that is available)",
                        cause);
            }
            log.debug(
                    "transport {} is not available here: {}",
                    candidate,
                    rootOf(cause).toString());
        }
        throw new AssertionError("NIO is always available");
    }

    /** The name in lower case, as in {@code io_uring}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Treats every failure as unavailability: missing classes or native libraries cause many kinds of errors. */
    private static @Nullable Throwable probe(Supplier<@Nullable Throwable> probe) {
        try {
            return probe.get();
        } catch (Throwable t) {
            return t;
        }
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}
