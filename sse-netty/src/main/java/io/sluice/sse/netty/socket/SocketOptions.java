package io.sluice.sse.netty.socket;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.sluice.sse.hub.lane.LaneOptions;

/**
 * The socket options of connections. On Linux an accepted socket inherits the options of the listening socket, so they
 * are set once there, which saves four system calls per client. Netty sets TCP_NODELAY itself.
 */
public final class SocketOptions {

    /**
     * How many bytes the kernel buffers for a client that cannot be sent yet. Without a bound it takes megabytes per
     * client that does not read; a thousand of those would exhaust the TCP memory of the machine. Bytes in flight to a
     * client that reads do not count.
     */
    public static final int UNSENT_BYTES = 128 * 1024;

    /**
     * The kernel's send buffer over NIO. Linux doubles it. Without a bound it grows to megabytes, and a client that
     * reads slowly empties it in steps that take longer than the write timeout.
     */
    static final int SEND_BUFFER_BYTES = 2 * UNSENT_BYTES;

    /**
     * How often an event loop reads from one connection before it turns to the next one: once. Netty would read a
     * megabyte from each, and the clients of the loop would wait meanwhile.
     */
    private static final int READS_PER_TURN = 1;

    /** The bytes of one read. A read of 64 KiB of chunk extensions takes 0.6 ms to decode. */
    private static final int READ_BYTES = 16 * 1024;

    // The numbers of Linux. They are the same on every processor for which Netty has a native library.
    private static final int SOL_SOCKET = 1;
    private static final int IPPROTO_TCP = 6;

    static final ChannelOption<Integer> KEEP_ALIVE = new IntegerUnixChannelOption("SO_KEEPALIVE", SOL_SOCKET, 9);
    public static final ChannelOption<Integer> NOTSENT_LOWAT =
            new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", IPPROTO_TCP, 25);
    public static final KeepAlive KEEP_ALIVE_TIMES = new KeepAlive(
            new IntegerUnixChannelOption("TCP_KEEPIDLE", IPPROTO_TCP, 4),
            new IntegerUnixChannelOption("TCP_KEEPINTVL", IPPROTO_TCP, 5),
            new IntegerUnixChannelOption("TCP_KEEPCNT", IPPROTO_TCP, 6));

    private SocketOptions() {}

    public static void addTo(ServerBootstrap bootstrap, TransportBackend transport, LaneOptions options) {
        bootstrap.childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(64, 2_048, READ_BYTES).maxMessagesPerRead(READS_PER_TURN));
        // Heartbeats detect that a client is gone. Without them the kernel must probe.
        boolean probes = !options.writeTimeout().isZero() && options.heartbeat().isZero();
        if (transport.isLinux()) {
            bootstrap.option(KEEP_ALIVE, 1).option(NOTSENT_LOWAT, UNSENT_BYTES);
            if (probes) {
                KEEP_ALIVE_TIMES.forEach(options.writeTimeout(), bootstrap::option);
            }
            return;
        }
        bootstrap.childOption(ChannelOption.TCP_NODELAY, true).childOption(ChannelOption.SO_KEEPALIVE, true);
        if (transport == TransportBackend.NIO) {
            bootstrap.childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES);
        }
        KeepAlive keepAlive = probes ? transport.keepAlive() : null;
        if (keepAlive != null) {
            keepAlive.forEach(options.writeTimeout(), bootstrap::childOption);
        }
    }
}
