package io.sluice.sse.benchmarks.soak;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sockets towards the server, from several addresses of the loopback network, since one address has fewer ports than a
 * churn needs. Thread-safe.
 */
final class Clients implements AutoCloseable {

    /** A receive buffer of a client that takes little. The kernel doubles it, and allows no less. */
    static final int SMALL = 2304;

    private static final int ADDRESSES = 8;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int BPF_RETURN_CONSTANT = 0x06;

    private static final RawUnixChannelOption FILTER =
            new RawUnixChannelOption("SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, 16);
    /** One instruction: return 0, keep nothing of the packet. It must live as long as somebody points at it. */
    private static final ByteBuffer DROP_ALL = ByteBuffer.allocateDirect(8)
            .order(ByteOrder.nativeOrder())
            .putShort((short) BPF_RETURN_CONSTANT)
            .putShort((short) 0)
            .putInt(0)
            .flip();

    private final EventLoopGroup loops;
    private final Bootstrap bootstrap;
    private final InetSocketAddress server;
    private final AtomicInteger next = new AtomicInteger();

    Clients(int port) {
        loops = new MultiThreadIoEventLoopGroup(
                Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
                new DefaultThreadFactory("clients", true),
                EpollIoHandler.newFactory());
        server = new InetSocketAddress("127.0.0.1", port);
        bootstrap = new Bootstrap()
                .group(loops)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 30_000)
                .option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
    }

    ChannelFuture connect(ChannelHandler handler) {
        return connect(handler, 0);
    }

    /** @param receiveBuffer bytes, or 0 for what the kernel likes */
    ChannelFuture connect(ChannelHandler handler, int receiveBuffer) {
        Bootstrap one = bootstrap.clone().handler(handler);
        if (receiveBuffer > 0) {
            one.option(ChannelOption.SO_RCVBUF, receiveBuffer);
        }
        int address = 1 + Math.floorMod(next.getAndIncrement(), ADDRESSES);
        return one.connect(server, new InetSocketAddress("127.0.1." + address, 0));
    }

    static ByteBuf request(String target) {
        return request(target, null);
    }

    static ByteBuf request(String target, @Nullable String lastEventId) {
        String resume = lastEventId == null ? "" : "Last-Event-ID: " + lastEventId + "\r\n";
        return ascii(
                "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + resume + "\r\n");
    }

    static ByteBuf ascii(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    /** Ends a connection with an RST. */
    static void reset(Channel channel) {
        try {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (ChannelException e) {
            return; // it has ended already
        }
        channel.close();
    }

    /**
     * From now on no packet reaches the client: a socket filter drops them all, before TCP sees them, so nothing is
     * acknowledged, and since the client has nothing to send, nothing leaves it either. To the server it is a peer
     * whose network has gone.
     */
    static void goSilent(Channel channel) {
        ByteBuffer program = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
        program.putShort(0, (short) 1).putLong(8, Buffer.memoryAddress(DROP_ALL));
        try {
            channel.config().setOption(FILTER, program);
        } catch (ChannelException e) {
            if (channel.isOpen()) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
