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
 * Client sockets from several addresses of the loopback network, because one address has fewer ports than a churn
 * needs. Thread-safe.
 */
final class Clients implements AutoCloseable {

    /** A receive buffer of a client that can hold little. The kernel doubles it, and does not allow less. */
    static final int SMALL = 2304;

    private static final int ADDRESSES = 8;

    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int BPF_RETURN_CONSTANT = 0x06;

    private static final RawUnixChannelOption FILTER =
            new RawUnixChannelOption("SO_ATTACH_FILTER", SOL_SOCKET, SO_ATTACH_FILTER, 16);
    /**
     * One instruction: return 0, that is, drop the packet. The buffer must live as long as a pointer to it is in use.
     */
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
        this(port, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    }

    /** @param threads how many event loops the clients share */
    Clients(int port, int threads) {
        loops = new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory("clients", true), EpollIoHandler.newFactory());
        server = new InetSocketAddress("127.0.0.1", port);
        bootstrap = new Bootstrap()
                .group(loops)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 30_000)
                .option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
    }

    ChannelFuture connect(ChannelHandler handler) {
        return connect(bootstrap.clone().handler(handler), server);
    }

    /** @param receiveBuffer bytes, or 0 for the kernel's default */
    ChannelFuture connect(ChannelHandler handler, int receiveBuffer) {
        Bootstrap one = bootstrap.clone().handler(handler);
        if (receiveBuffer > 0) {
            one.option(ChannelOption.SO_RCVBUF, receiveBuffer);
        }
        return connect(one, server);
    }

    /** Connects to another server. */
    ChannelFuture connectTo(int port, ChannelHandler handler) {
        return connect(bootstrap.clone().handler(handler), new InetSocketAddress("127.0.0.1", port));
    }

    private ChannelFuture connect(Bootstrap one, InetSocketAddress to) {
        int address = 1 + Math.floorMod(next.getAndIncrement(), ADDRESSES);
        return one.connect(to, new InetSocketAddress("127.0.1." + address, 0));
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
            return; // already closed
        }
        channel.close();
    }

    /**
     * Makes the client unreachable. A socket filter drops all its packets before TCP sees them, so nothing is
     * acknowledged. The client has nothing to send, so nothing leaves it either. For the server this is a peer whose
     * network is gone.
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
