package io.sluice.sse.examples.server;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** A hub, its server, and all routes of the bundled server. */
final class BundledServer implements AutoCloseable {

    /** The files of TLS: the library's name for each, and the option for it. */
    private static final Map<String, String> TLS_FILES =
            Map.of("tls certificate", "--tls-cert", "tls key", "--tls-key", "tls client ca", "--tls-client-ca");

    private final Options options;
    private final ServerAccess access;
    private final PublishRoute publish;
    private final AdminRoutes admin;
    private final MetricsRoute metrics;

    private final @Nullable DemoSources demo;

    /** Null until the server listens; routes read it. */
    private volatile @Nullable SseServer server;

    private BundledServer(Options options, Hub hub, ServerAccess access, @Nullable String adminToken) {
        this.options = options;
        this.access = access;
        publish = new PublishRoute(hub);
        admin = new AdminRoutes(hub, options.node, adminToken);
        metrics = new MetricsRoute(hub);
        demo = options.demo ? new DemoSources(hub, this::isReady) : null;
    }

    /**
     * Starts a server; it accepts requests when this returns.
     *
     * @throws BadOptionException if it cannot run with these options
     */
    static BundledServer start(Options options) throws BadOptionException {
        List<String> unknown = options.unknownVariables();
        if (!unknown.isEmpty()) {
            LoggerFactory.getLogger(BundledServer.class)
                    .warn("not an option, and ignored: {} (--help lists the options)", String.join(", ", unknown));
        }
        Hub hub = new ServerFactory(options).hub();
        try {
            return start(options, hub);
        } catch (BadOptionException | RuntimeException e) {
            hub.close(); // releases the lock of its history
            throw e;
        }
    }

    private static BundledServer start(Options options, Hub hub) throws BadOptionException {
        ServerFactory factory = new ServerFactory(options);
        SseServerBuilder builder = factory.server(hub);
        String adminToken = factory.adminToken();
        ServerAccess access = factory.access(hub);
        try {
            return start(options, hub, builder, access, adminToken);
        } catch (BadOptionException | RuntimeException e) {
            access.close();
            throw e;
        }
    }

    private static BundledServer start(
            Options options, Hub hub, SseServerBuilder builder, ServerAccess access, @Nullable String adminToken)
            throws BadOptionException {
        BundledServer bundled = new BundledServer(options, hub, access, adminToken);
        access.addTo(builder, adminToken, options.wrongTokenRate);
        EventsRoute.addTo(builder, access);
        bundled.publish.addTo(builder, options.publishRate, options.publishRatePerUser);
        bundled.admin.addTo(builder);
        bundled.metrics.addTo(builder);
        new HealthRoutes(bundled::isReady, hub).addTo(builder);
        new Page(options.demo).addTo(builder);
        try {
            bundled.server = builder.start();
        } catch (IOException e) {
            throw invalid(options, e);
        } catch (IllegalArgumentException e) {
            throw options.invalid("--transport", e);
        }
        if (bundled.demo != null) {
            bundled.demo.start();
        }
        return bundled;
    }

    private static BadOptionException invalid(Options options, IOException e) {
        for (Map.Entry<String, String> file : TLS_FILES.entrySet()) {
            if (String.valueOf(e.getMessage()).startsWith(file.getKey() + ": ")) {
                return options.invalid(file.getValue(), e);
            }
        }
        return isCausedByHost(e.getCause()) ? options.invalidHost() : options.invalid("--port", e);
    }

    /** Whether the server cannot listen on this host with any port. */
    private static boolean isCausedByHost(@Nullable Throwable cause) {
        return cause instanceof UnresolvedAddressException
                || cause instanceof UnknownHostException
                || (cause instanceof IOException
                        && String.valueOf(cause.getMessage()).contains("assign requested address"));
    }

    private boolean isReady() {
        SseServer started = server;
        return started != null && started.isReady();
    }

    SseServer server() {
        SseServer started = server;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    Options options() {
        return options;
    }

    /** Loads classes that would otherwise delay the first request of each kind. */
    void warmUp() {
        publish.warmUp();
        admin.warmUp();
        metrics.warmUp();
    }

    /** Drains and releases everything, the hub included. */
    @Override
    public void close() {
        access.close();
        if (demo != null) {
            demo.close();
        }
        server().close();
        server().hub().close();
    }
}
