package io.sluice.sse.netty;

/** How a server talks to the kernel. */
public enum Transport {
    /** The first of epoll, io_uring, kqueue and NIO that works here. */
    AUTO("auto"),
    /**
     * Linux io_uring: all writes of a pass in one system call. With Netty 4.2.18 a reset that follows directly on data can
     * go unnoticed on a connection to which nothing is written.
     */
    IO_URING("io_uring"),
    /** Linux epoll. */
    EPOLL("epoll"),
    /** macOS and BSD kqueue. */
    KQUEUE("kqueue"),
    /** The JDK's own, everywhere. */
    NIO("nio");

    private final String label;

    Transport(String label) {
        this.label = label;
    }

    @Override
    public String toString() {
        return label;
    }
}
