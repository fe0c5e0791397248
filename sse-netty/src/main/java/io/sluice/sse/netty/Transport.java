package io.sluice.sse.netty;

import io.sluice.sse.netty.socket.TransportBackend;
import org.jspecify.annotations.Nullable;

/** The I/O mechanism of the operating system that a server uses. */
public enum Transport {
    /** The first of epoll, io_uring, kqueue and NIO that is available on this machine. */
    AUTO("auto"),
    /**
     * Linux io_uring, which sends all writes of a pass in one system call. With Netty 4.2.18 the server can miss a
     * reset that directly follows data, on a connection to which it writes nothing.
     */
    IO_URING("io_uring"),
    /** Linux epoll. */
    EPOLL("epoll"),
    /** macOS and BSD kqueue. */
    KQUEUE("kqueue"),
    /** The JDK's own mechanism, available everywhere. */
    NIO("nio");

    private final String label;

    Transport(String label) {
        this.label = label;
    }

    /** The classes of Netty for this transport; null for {@link #AUTO}. */
    @Nullable
    TransportBackend backend() {
        return this == AUTO ? null : TransportBackend.valueOf(name());
    }

    /** The name in lower case, as in {@code io_uring}. */
    @Override
    public String toString() {
        return label;
    }
}
