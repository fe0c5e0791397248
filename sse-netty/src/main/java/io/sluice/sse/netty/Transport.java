package io.sluice.sse.netty;

/** How a server talks to the kernel. */
public enum Transport {
    /** The first of io_uring, epoll, kqueue and NIO that works here. */
    AUTO("auto"),
    /** Linux io_uring: all writes of a pass in one system call. */
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
