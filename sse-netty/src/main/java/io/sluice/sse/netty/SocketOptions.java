package io.sluice.sse.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.sluice.sse.hub.lane.LaneOptions;
import java.time.Duration;

/**
 * What the kernel is asked to do for each connection. Linux gives the options of a listening socket to those that it accepts, so there they
 * are set once, and not by four system calls for each client that comes; TCP_NODELAY Netty sets by itself.
 */
final class SocketOptions {

    /**
     * What the kernel takes for a client that cannot be sent to it yet. It would take megabytes for each that does not
     * read, and a thousand of them would bring all connections of the machine into want of its memory; what is on its
     * way to a client that reads is not limited by this.
     */
    static final int UNSENT_BYTES = 128 * 1024;

    // As Linux numbers them, on every processor that Netty has a native library for.
    private static final int SOL_SOCKET = 1;
    private static final int IPPROTO_TCP = 6;

    static final ChannelOption<Integer> KEEP_ALIVE = new IntegerUnixChannelOption("SO_KEEPALIVE", SOL_SOCKET, 9);
    static final ChannelOption<Integer> USER_TIMEOUT =
            new IntegerUnixChannelOption("TCP_USER_TIMEOUT", IPPROTO_TCP, 18);
    static final ChannelOption<Integer> NOTSENT_LOWAT =
            new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", IPPROTO_TCP, 25);
    static final KeepAlive KEEP_ALIVE_TIMES = new KeepAlive(
            new IntegerUnixChannelOption("TCP_KEEPIDLE", IPPROTO_TCP, 4),
            new IntegerUnixChannelOption("TCP_KEEPINTVL", IPPROTO_TCP, 5),
            new IntegerUnixChannelOption("TCP_KEEPCNT", IPPROTO_TCP, 6));

    private SocketOptions() {}

    static void addTo(ServerBootstrap bootstrap, TransportBackend transport, LaneOptions options) {
        boolean judged = !options.writeTimeout().isZero();
        // Heartbeats find out who is gone; where there are none, the kernel probes.
        boolean probes = judged && options.heartbeat().isZero();
        if (transport.isLinux()) {
            bootstrap.option(KEEP_ALIVE, 1).option(NOTSENT_LOWAT, UNSENT_BYTES);
            if (judged) {
                bootstrap.option(USER_TIMEOUT, millis(options.writeTimeout()));
            }
            if (probes) {
                KEEP_ALIVE_TIMES.forEach(options.writeTimeout(), bootstrap::option);
            }
            return;
        }
        bootstrap.childOption(ChannelOption.TCP_NODELAY, true).childOption(ChannelOption.SO_KEEPALIVE, true);
        KeepAlive keepAlive = probes ? transport.keepAlive() : null;
        if (keepAlive != null) {
            keepAlive.forEach(options.writeTimeout(), bootstrap::childOption);
        }
    }

    private static int millis(Duration time) {
        return (int) Math.min(Integer.MAX_VALUE, time.toMillis());
    }
}
