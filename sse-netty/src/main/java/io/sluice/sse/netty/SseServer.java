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
import io.sluice.sse.netty.connection.ConnectionLimiter;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.connection.ServerAcceptor;
import io.sluice.sse.netty.http2.Http2Session;
import io.sluice.sse.netty.socket.OpenFileLimit;
import io.sluice.sse.netty.socket.SocketOptions;
import io.sluice.sse.netty.socket.TransportBackend;
import io.sluice.sse.netty.stream.Drain;
import io.sluice.sse.netty.stream.Lanes;
import io.sluice.sse.netty.tls.TlsFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves event streams and other routes over HTTP/1.1 and HTTP/2, with or without TLS.
 *
 * <p>It owns its event loops and its listening socket, and the hub only if it created the hub. {@link #close} releases
 * all of them. Thread-safe.
 */
public final class SseServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SseServer.class);

    /** The longest wait for the remaining connections, and then for the threads, after the drain. */
    private static final long AFTER_DRAIN_MILLIS = 500;

    /**
     * How much longer than the drain time the clients may take to read the last bytes of streams that ended at its
     * deadline. Many end together then if clients are in a replay, and a cut would lose their last chunk.
     */
    private static final long LAST_BYTES_MILLIS = 300;

    private static final long TLS_REFRESH_MILLIS = 1_000;

    private final ServerOptions options;
    private final Hub hub;
    private final StreamEndpoint streams;
    private final EventLoopGroup loops;
    private final Channel listener;
    /** Closed before the event loops end: io_uring releases a channel's read buffer only while its event loop runs. */
    private final Set<Channel> connections;

    private final AtomicBoolean closing = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final CountDownLatch terminated = new CountDownLatch(1);

    private SseServer(
            ServerOptions options,
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

    /** A builder with the default options. */
    public static SseServerBuilder builder() {
        return new SseServerBuilder();
    }

    /** @param options must not change any more */
    static SseServer start(ServerOptions options) throws IOException {
        TransportBackend transport = TransportBackend.choose(options.transport.backend());
        Hub hub = options.hub == null ? Hub.create() : options.hub;
        Lanes lanes = new Lanes(hub, options.laneOptions);
        StreamEndpoint streams = new StreamEndpoint(
                lanes,
                options.limits,
                new StreamCompression(options.compression, options.maxCompressors),
                new RejectionLog(hub.rejections()),
                options.cors);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                options.threads, new DefaultThreadFactory("sluice", true), transport.handlers());
        Set<Channel> connections = ConcurrentHashMap.newKeySet();
        PendingConnections pending = new PendingConnections();
        ConnectionLimiter limiter = new ConnectionLimiter(
                options.maxConnections(),
                options.maxConnectionsPerAddress,
                options.proxies::trusts,
                connections,
                hub.ledger(),
                streams.rejections());
        BufferBudget budget = new BufferBudget(options.maxBufferedBytes);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(transport.serverChannel)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .option(ChannelOption.SO_REUSEADDR, true)
                .handler(new ServerAcceptor(limiter, pending, transport.maxPendingConnections(options.threads)))
                .attr(LargeRequests.KEY, new LargeRequests(budget))
                .childHandler(new HttpPipeline(options, streams, pending, budget));
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
        if (options.tls instanceof TlsFiles files) {
            refreshRegularly(files, loops);
        }
        SseServer server = new SseServer(options, hub, streams, loops, bound.channel(), connections);
        log.info("listening on {}, transport {}", server.uri(), transport);
        String fewFiles = OpenFileLimit.warning(options.openFiles.getAsLong(), options.limits.total);
        if (fewFiles != null) {
            log.warn(fewFiles);
        }
        return server;
    }

    /**
     * The check reads files, so it runs in the common pool, and only one at a time: a file system may hang. The checks
     * end with the event loops.
     */
    private static void refreshRegularly(TlsFiles files, EventLoopGroup loops) {
        AtomicBoolean isRunning = new AtomicBoolean();
        Runnable check = () -> {
            try {
                files.refresh();
            } finally {
                isRunning.set(false);
            }
        };
        loops.next()
                .scheduleWithFixedDelay(
                        () -> {
                            if (isRunning.compareAndSet(false, true)) {
                                ForkJoinPool.commonPool().execute(check);
                            }
                        },
                        TLS_REFRESH_MILLIS,
                        TLS_REFRESH_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private static IOException cannotListen(ServerOptions options, Throwable cause) {
        boolean unknownHost = cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException;
        return new IOException(
                unknownHost
                        ? "host: " + options.host
                                + " (expected: an address of this machine, or a name that resolves to one)"
                        : "port: " + options.port + " (expected: a free port on host " + options.host + "; "
                                + cause.getMessage() + ")",
                cause);
    }

    /** The hub whose topics this server's streams subscribe to. */
    public Hub hub() {
        return hub;
    }

    /** The port that the server listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** The URI that the server listens on, such as {@code http://127.0.0.1:8080}; {@code https} with TLS. */
    public String uri() {
        String host = options.host.indexOf(':') >= 0 ? "[" + options.host + "]" : options.host;
        return (options.tls == null ? "http://" : "https://") + host + ":" + port();
    }

    /** Whether the server accepts new streams. False as soon as {@link #close} is called. */
    public boolean isReady() {
        return !closing.get();
    }

    /**
     * Shuts down as {@link #close(Duration)} does with the drain time of the builder. Blocks until the end, except on
     * an event loop of this server.
     */
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
     * Shuts down. The server is no longer ready and rejects new streams, but keeps the listening socket open. It ends
     * the open streams one after another within {@code drain}, and then closes everything. Only the first call takes
     * effect. Any thread may call; the call does not block.
     *
     * @return completes when all connections are closed and the event loops have ended
     * @throws IllegalArgumentException if the time is not from 0 to 365 days; nothing is closed then
     */
    public CompletionStage<Void> close(Duration drain) {
        Checks.inRange("drain", drain);
        if (!closing.compareAndSet(false, true)) {
            return closed;
        }
        streams.drain();
        connections.forEach(SseServer::drainHttp2);
        log.info("draining {} streams within {}", hub.ledger().count(Ledger.Kind.SINKS), drain);
        // The last tenth is left for the final bytes of the last streams.
        Duration spread = drain.multipliedBy(9).dividedBy(10);
        CompletableFuture<?>[] drains = streams.lanes().all().stream()
                .map(lane -> Drain.start(lane, spread, drain.plusMillis(LAST_BYTES_MILLIS))
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(drains).whenComplete((ignored, never) -> closeListener());
        return closed;
    }

    /**
     * Blocks until the server is closed: all connections are closed and the event loops have ended. The threads of a
     * server are daemon threads, so a {@code main} method that only starts a server calls this at its end. Do not call
     * it on an event loop of this server, which would wait for itself.
     *
     * @throws InterruptedException if the thread is interrupted; the server goes on
     */
    public void awaitTermination() throws InterruptedException {
        terminated.await();
    }

    /**
     * As {@link #awaitTermination()}, but waits no longer than a time.
     *
     * @return whether the server is closed
     * @throws IllegalArgumentException if the time is not from 0 to 365 days
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        return terminated.await(Checks.inRange("timeout", timeout).toNanos(), TimeUnit.NANOSECONDS);
    }

    StreamEndpoint streams() {
        return streams;
    }

    EventLoopGroup loops() {
        return loops;
    }

    Set<Channel> connections() {
        return connections;
    }

    private static void drainHttp2(Channel connection) {
        onLoopOf(connection, () -> {
            Http2Session session = Http2Session.of(connection);
            if (session != null) {
                session.drain();
            }
        });
    }

    /**
     * Runs a task for a connection. One that is accepted and not registered yet has no event loop, and no stream. It is
     * left out, and closed by the last step at the latest.
     */
    private static void onLoopOf(Channel connection, Runnable task) {
        if (!connection.isRegistered()) {
            return;
        }
        try {
            connection.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The event loop has ended, and its connections with it.
        }
    }

    private void closeListener() {
        listener.close().addListener(ignored -> {
            if (options.hub == null) {
                hub.close();
            }
            // The delay lets bytes that are still in the channels leave.
            long delay = connections.isEmpty() ? 0 : AFTER_DRAIN_MILLIS / 5;
            loops.next().schedule(this::closeConnections, delay, TimeUnit.MILLISECONDS);
        });
    }

    private void closeConnections() {
        connections.forEach(connection -> onLoopOf(connection, connection::close));
        awaitConnections(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AFTER_DRAIN_MILLIS));
    }

    private void awaitConnections(long deadlineNanos) {
        if (connections.isEmpty() || System.nanoTime() - deadlineNanos >= 0) {
            connections.forEach(SseServer::closeNow);
            closeLoops();
        } else {
            loops.next().schedule(() -> awaitConnections(deadlineNanos), 2, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Closes a connection whose client does not take its last bytes. TLS would wait for that client. The event loop
     * would not close the connection if its own task shuts it down, so this must come before.
     */
    private static void closeNow(Channel connection) {
        onLoopOf(connection, () -> connection.unsafe().close(connection.newPromise()));
    }

    private void closeLoops() {
        loops.shutdownGracefully(0, AFTER_DRAIN_MILLIS, TimeUnit.MILLISECONDS).addListener(ignored -> {
            streams.lanes().leave();
            terminated.countDown();
            closed.complete(null);
        });
    }
}
