package io.sluice.sse.netty;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves event streams, and other routes beside them, over HTTP/1.1.
 *
 * <p>Thread-safe. It owns its event loops and its listening socket, and the hub only if it made it; {@link #close} gives
 * all of it back.
 */
public final class SseServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SseServer.class);

    /** Longest wait for what is left of connections and threads after the drain. */
    private static final long AFTER_DRAIN_MILLIS = 500;

    private final SseServerBuilder options;
    private final Hub hub;
    private final StreamEndpoint streams;
    private final EventLoopGroup loops;
    private final Channel listener;
    /** Closed one by one at the end: io_uring gives a channel's read buffer back only while its event loop runs. */
    private final Set<Channel> connections;

    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private SseServer(
            SseServerBuilder options,
            Hub hub,
            StreamEndpoint streams,
            EventLoopGroup loops,
            Channel listener,
            Set<Channel> connections) {
        this.options = options;
        this.hub = hub;
        this.streams = streams;
        this.loops = loops;
        this.listener = listener;
        this.connections = connections;
    }

    /** The options of a new server. */
    public static SseServerBuilder builder() {
        return new SseServerBuilder();
    }

    static SseServer start(SseServerBuilder options) throws IOException {
        TransportBackend transport = TransportBackend.choose(options.transport);
        Hub hub = options.hub == null ? Hub.create() : options.hub;
        Lanes lanes = new Lanes(hub, options.laneOptions);
        StreamEndpoint streams = new StreamEndpoint(
                lanes, options.laneOptions.retry(), options.limits, new RejectionLog(hub.rejections()));
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                options.threads, new DefaultThreadFactory("sluice", true), transport.handlers());
        Set<Channel> connections = ConcurrentHashMap.newKeySet();
        PendingConnections newcomers = new PendingConnections();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(transport.serverChannel)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .option(ChannelOption.SO_REUSEADDR, true)
                .handler(new ServerAcceptor(
                        options.mostConnections(),
                        connections,
                        newcomers,
                        transport.mostNewcomers(options.threads),
                        hub.ledger(),
                        streams.refusals()))
                .childHandler(new HttpPipeline(options, streams, newcomers));
        SocketOptions.addTo(bootstrap, transport, options.laneOptions);
        var bound = bootstrap
                .bind(new InetSocketAddress(options.host, options.port))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            if (options.hub == null) {
                hub.close();
            }
            throw cannotListen(options, bound.cause());
        }
        SseServer server = new SseServer(options, hub, streams, loops, bound.channel(), connections);
        log.info("listening on {} by {}", server.uri(), transport.transport);
        return server;
    }

    private static IOException cannotListen(SseServerBuilder options, Throwable cause) {
        boolean unknownHost = cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException;
        return new IOException(
                unknownHost
                        ? "host: " + options.host
                                + " (expected: an address of this machine, or a name that leads to one)"
                        : "port: " + options.port + " on host " + options.host + " cannot be listened on: "
                                + cause.getMessage(),
                cause);
    }

    /** The hub that this server's streams listen to. */
    public Hub hub() {
        return hub;
    }

    /** The port that it listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Where it listens, such as {@code http://127.0.0.1:8080}. */
    public String uri() {
        String host = options.host.indexOf(':') >= 0 ? "[" + options.host + "]" : options.host;
        return "http://" + host + ":" + port();
    }

    /** Whether it takes new streams: false from the moment that {@link #close} is called. */
    public boolean isReady() {
        return !closing.get();
    }

    /** Shuts down as {@link #close(Duration)} does with the drain time of the builder, and waits, except on an event loop. */
    @Override
    public void close() {
        CompletableFuture<Void> end = close(options.drain).toCompletableFuture();
        boolean onLoop = false;
        for (EventExecutor loop : loops) {
            onLoop |= loop.inEventLoop();
        }
        if (!onLoop) {
            end.join();
        }
    }

    /**
     * Shuts down: not ready, new streams refused while the listener stays open, open streams ended one after the other
     * within {@code drain}, then everything closed. The first call decides; any thread may call.
     *
     * @return completes when connections and event loops are gone
     * @throws IllegalArgumentException if the time is not from 0 to 365 days; nothing is closed then
     */
    public CompletionStage<Void> close(Duration drain) {
        Checks.inRange("drain", drain);
        if (!closing.compareAndSet(false, true)) {
            return closed;
        }
        streams.drain();
        log.info("draining {} streams within {}", hub.ledger().count(Ledger.Kind.SINKS), drain);
        // A part of the time is kept for the last client's bytes.
        Duration spread = drain.multipliedBy(9).dividedBy(10);
        CompletableFuture<?>[] drains = streams.lanes().all().stream()
                .map(lane -> Drain.start(lane, spread).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(drains).whenComplete((ignored, never) -> closeListener());
        return closed;
    }

    StreamEndpoint streams() {
        return streams;
    }

    EventLoopGroup loops() {
        return loops;
    }

    private void closeListener() {
        listener.close().addListener(ignored -> {
            if (options.hub == null) {
                hub.close();
            }
            // The bytes that are on their way have had a moment to leave then.
            long moment = connections.isEmpty() ? 0 : AFTER_DRAIN_MILLIS / 5;
            loops.next().schedule(this::closeConnections, moment, TimeUnit.MILLISECONDS);
        });
    }

    private void closeConnections() {
        connections.forEach(Channel::close);
        awaitConnections(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AFTER_DRAIN_MILLIS));
    }

    private void awaitConnections(long deadlineNanos) {
        if (connections.isEmpty() || System.nanoTime() - deadlineNanos >= 0) {
            closeLoops();
        } else {
            loops.next().schedule(() -> awaitConnections(deadlineNanos), 2, TimeUnit.MILLISECONDS);
        }
    }

    private void closeLoops() {
        loops.shutdownGracefully(0, AFTER_DRAIN_MILLIS, TimeUnit.MILLISECONDS).addListener(ignored -> {
            streams.lanes().leave();
            closed.complete(null);
        });
    }
}
