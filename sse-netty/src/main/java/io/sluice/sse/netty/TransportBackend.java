package io.sluice.sse.netty;

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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the transports need, one entry for each, in the order in which they are tried. Epoll comes before io_uring, though
 * that is faster: with Netty 4.2.18 on Linux 6.18 a channel over io_uring can miss a reset that follows directly on data,
 * and if nothing is ever written to it, it stays for ever. Nothing of that is seen over epoll.
 */
enum TransportBackend {
    EPOLL(Transport.EPOLL, EpollServerSocketChannel.class) {
        @Override
        @Nullable
        Throwable whyNot() {
            return probe(() -> Epoll.isAvailable() ? null : Epoll.unavailabilityCause());
        }

        @Override
        IoHandlerFactory handlers() {
            return EpollIoHandler.newFactory(READY_AT_ONCE, DefaultSelectStrategyFactory.INSTANCE);
        }

        @Override
        boolean isLinux() {
            return true;
        }
    },
    IO_URING(Transport.IO_URING, IoUringServerSocketChannel.class) {
        @Override
        @Nullable
        Throwable whyNot() {
            return probe(() -> IoUring.isAvailable() ? null : IoUring.unavailabilityCause());
        }

        @Override
        IoHandlerFactory handlers() {
            return IoUringIoHandler.newFactory();
        }

        @Override
        boolean isLinux() {
            return true;
        }
    },
    KQUEUE(Transport.KQUEUE, KQueueServerSocketChannel.class) {
        @Override
        @Nullable
        Throwable whyNot() {
            return probe(() -> KQueue.isAvailable() ? null : KQueue.unavailabilityCause());
        }

        @Override
        IoHandlerFactory handlers() {
            return KQueueIoHandler.newFactory();
        }
    },
    NIO(Transport.NIO, NioServerSocketChannel.class) {
        @Override
        @Nullable
        Throwable whyNot() {
            return null;
        }

        @Override
        IoHandlerFactory handlers() {
            return NioIoHandler.newFactory();
        }

        @Override
        @Nullable
        KeepAlive keepAlive() {
            return KeepAlive.ofJdk();
        }
    };

    private static final Logger log = LoggerFactory.getLogger(TransportBackend.class);

    /**
     * How many ready connections an event loop looks after before the turn of its lane. Without a bound a crowd that
     * connects at once is served its handshakes, a tenth of a second for a thousand, before anybody hears an event.
     */
    static final int READY_AT_ONCE = 8;

    final Transport transport;
    final Class<? extends ServerChannel> serverChannel;

    TransportBackend(Transport transport, Class<? extends ServerChannel> serverChannel) {
        this.transport = transport;
        this.serverChannel = serverChannel;
    }

    /** Why it cannot be used here; null if it can. */
    abstract @Nullable Throwable whyNot();

    abstract IoHandlerFactory handlers();

    /** Whether its sockets are Linux's own, with all of its options. */
    boolean isLinux() {
        return false;
    }

    /**
     * How many newcomers may stand before the next is accepted ({@link PendingConnections}). Over io_uring there is no bound: what the kernel has accepted
     * is handed over whether anybody reads or not.
     */
    int mostNewcomers(int loops) {
        return this == IO_URING ? Integer.MAX_VALUE : loops * ServerAcceptor.NEWCOMERS_PER_LOOP;
    }

    /** The options that time the kernel's probes of a silent connection; null where there are none. */
    @Nullable
    KeepAlive keepAlive() {
        return null;
    }

    /**
     * Finds the wished transport.
     *
     * @throws IllegalArgumentException if it does not work here; the cause says why
     */
    static TransportBackend choose(Transport wished) {
        for (TransportBackend candidate : values()) {
            if (wished != Transport.AUTO && wished != candidate.transport) {
                continue;
            }
            Throwable whyNot = candidate.whyNot();
            if (whyNot == null) {
                return candidate;
            }
            if (wished != Transport.AUTO) {
                log.warn(
                        "transport {} is not available here: {}",
                        wished,
                        rootOf(whyNot).toString());
                throw new IllegalArgumentException(
                        "transport: " + wished + " (not available here: " + rootOf(whyNot)
                                + "; allowed: auto, or one that is)",
                        whyNot);
            }
            log.debug(
                    "transport {} is not available here: {}",
                    candidate.transport,
                    rootOf(whyNot).toString());
        }
        throw new AssertionError("NIO is always there");
    }

    /** A transport whose classes or native library are missing fails in many ways; all of them mean no. */
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
