package io.sluice.sse.examples.server;

import io.sluice.sse.history.HistoryException;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.netty.Authenticator;
import io.sluice.sse.netty.Compression;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.StreamLimits;
import io.sluice.sse.netty.TrustedProxies;
import io.sluice.sse.redis.RedisBackplane;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Creates the hub and the server with the given options. Options that are not given keep the defaults of the library.
 */
final class ServerFactory {

    /** The server listens within 1.5 seconds of its start, with or without Redis. */
    private static final Duration LONGEST_START = Duration.ofSeconds(1);

    /** The name of the hub of these servers in Redis. */
    private static final String REDIS_HUB = "sluice";

    private static final String LETTUCE_IO_URING = "io.lettuce.core.iouring";

    private final Options options;

    ServerFactory(Options options) {
        this.options = options;
    }

    /** Creates the hub. */
    Hub hub() throws BadOptionException {
        HubBuilder hub = Hub.builder();
        set("--history-events", options.historyEvents, hub::historyEvents);
        set("--history-bytes", options.historyBytes, hub::historyBytes);
        set("--history-age", options.historyAge, hub::historyAge);
        set("--history-total-bytes", options.historyTotalBytes, hub::historyTotalBytes);
        set("--max-topics", options.maxTopics, hub::maxTopics);
        set("--overflow", options.overflow, hub::overflow);
        set("--coalesce", options.coalesce, hub::coalesce);
        setTopics(hub);
        setRedis(hub);
        if (options.historyDir == null) {
            if (options.historySync != null) {
                throw new BadOptionException(options.named("--history-sync") + ": " + options.historySync
                        + " (expected: --history-dir as well)");
            }
            return build(hub);
        }
        if (!options.conflate.isEmpty()) {
            throw new BadOptionException(options.named("--conflate") + ": " + String.join(",", options.conflate)
                    + " (expected: no topic that conflates together with --history-dir)");
        }
        MvStoreHistory.Builder history = MvStoreHistory.builder(options.historyDir);
        set("--history-sync", options.historySync, history::sync);
        try {
            return build(hub.history(history.build()));
        } catch (HistoryException e) {
            throw options.invalid("--history-dir", e);
        }
    }

    /** All servers at one Redis form one hub. */
    private void setRedis(HubBuilder hub) throws BadOptionException {
        if (options.redis == null) {
            return;
        }
        if (options.historyDir != null) {
            throw new BadOptionException(options.named("--history-dir") + ": " + options.historyDir
                    + " (expected: no --redis, which keeps the history itself)");
        }
        if (System.getProperty(LETTUCE_IO_URING) == null) {
            System.setProperty(LETTUCE_IO_URING, "false"); // epoll is enough, and Lettuce warns about two transports
        }
        String address = options.secret("--redis", options.redis);
        RedisBackplane.Builder backplane;
        try {
            backplane = RedisBackplane.builder(address, REDIS_HUB);
        } catch (IllegalArgumentException e) { // the address may have a password
            throw new BadOptionException(options.named("--redis") + ": not an address (expected: redis://host:port)");
        }
        set("--node", options.node, backplane::node);
        hub.backplane(backplane.startTimeout(LONGEST_START).build());
    }

    /** A pattern of {@code --conflate} comes after those of {@code --topic}, or adds to the options of the same one. */
    private void setTopics(HubBuilder hub) throws BadOptionException {
        Map<String, TopicText> given = new HashMap<>();
        for (TopicText topic : options.topics()) {
            TopicText earlier = given.putIfAbsent(topic.pattern(), topic);
            if (earlier != null) {
                throw new BadOptionException(options.named("--topic") + ": " + topic.text()
                        + " (expected: another pattern than that of " + earlier.text() + ", which wins)");
            }
            try {
                topic.addTo(hub);
            } catch (IllegalArgumentException e) {
                String message = String.valueOf(e.getMessage());
                boolean named = message.contains(topic.text());
                throw named
                        ? options.invalid("--topic", e)
                        : new BadOptionException(options.named("--topic") + ": " + topic.text() + ": " + message);
            }
        }
        for (String pattern : options.conflated()) {
            set("--conflate", pattern, hub::conflate);
        }
    }

    /** Only the options of topics can still contradict each other when the hub is built. */
    private Hub build(HubBuilder hub) throws BadOptionException {
        try {
            return hub.build();
        } catch (IllegalArgumentException e) {
            boolean onlyConflate = options.topics().isEmpty();
            throw options.invalid(onlyConflate ? "--conflate" : "--topic", e);
        }
    }

    /** Creates the server, without routes. */
    SseServerBuilder server(Hub hub) throws BadOptionException {
        SseServerBuilder server = SseServer.builder().hub(hub);
        set("--host", options.host, server::host);
        set("--port", options.port, server::port);
        set("--transport", options.transport, server::transport);
        set("--threads", options.threads, server::threads);
        set("--heartbeat", options.heartbeat, server::heartbeat);
        set("--retry", options.retry, server::retry);
        set("--write-timeout", options.writeTimeout, server::writeTimeout);
        set("--max-lifetime", options.maxLifetime, server::maxLifetime);
        set("--drain", options.drain, server::drain);
        int streams = streams();
        set("--max-connections", streams, server::maxStreams);
        set("--max-connections", OpenFileLimit.connectionsFor(streams), server::maxConnections);
        set("--max-connections-per-ip", options.maxConnectionsPerIp, server::maxStreamsPerAddress);
        set("--max-sockets-per-ip", options.maxSocketsPerIp, server::maxConnectionsPerAddress);
        set(
                "--max-connections-per-user",
                options.maxConnectionsPerUser,
                max -> server.maxStreamsPerPrincipal(max, StreamLimits.AtLimit.REJECT));
        set("--connect-rate", options.connectRate, server::connectRate);
        set("--request-timeout", options.requestTimeout, server::requestTimeout);
        set("--idle-timeout", options.idleTimeout, server::idleTimeout);
        set("--http2-max-streams", options.http2MaxStreams, server::http2MaxStreams);
        set("--http2-max-resets", options.http2MaxResets, server::http2MaxResets);
        setProxies(server);
        set("--max-publish-bytes", options.maxPublishBytes, bytes -> server.maxBodyBytes(bodyBytes(bytes)));
        set(
                "--allowed-host",
                options.allowedHosts.isEmpty() ? null : options.allowedHosts.toArray(new String[0]),
                server::allowedHosts);
        set(
                "--cors-origin",
                options.corsOrigins.isEmpty() ? null : options.corsOrigins.toArray(new String[0]),
                server::cors);
        set("--compression", options.compression ? Compression.SHARED : null, server::compression);
        setTls(server);
        return server;
    }

    /** Creates what decides who may subscribe and publish. */
    ServerAccess access(Hub hub) throws BadOptionException {
        if (options.jwtCookie != null && options.jwtKey == null) {
            throw new BadOptionException(
                    options.named("--jwt-cookie") + ": " + options.jwtCookie + " (expected: --jwt-key as well)");
        }
        List<String> subscribeTokens = options.secrets("--subscribe-token", options.subscribeTokens);
        List<String> publishTokens = options.secrets("--publish-token", options.publishTokens);
        ServerAccess.Jwt jwt = null; // last, since it has a thread
        if (options.jwtKey != null) {
            try {
                jwt = new ServerAccess.Jwt(
                        Authenticator.keys(options.jwtKey, file -> JwtVerifier.read(file, InstantSource.system())),
                        options.jwtCookie);
            } catch (IllegalArgumentException e) {
                throw options.invalid("--jwt-key", e);
            }
        }
        Tickets tickets = new Tickets(System::nanoTime, hub);
        return new ServerAccess(subscribeTokens, publishTokens, jwt, options.tlsClientCa != null, tickets);
    }

    /** The token of the admin routes; null if there is none. */
    @Nullable
    String adminToken() throws BadOptionException {
        return options.adminToken == null ? null : options.secret("--admin-token", options.adminToken);
    }

    /**
     * The limit of streams. It must not exceed the number of file descriptors: the server could then not reject
     * streams, but would run out of descriptors.
     */
    private int streams() throws BadOptionException {
        Integer asked = options.maxConnections;
        if (asked == null) {
            return OpenFileLimit.defaultStreams();
        }
        long most = OpenFileLimit.maxStreams();
        if (asked < 1 || asked > most) {
            throw new BadOptionException(options.named("--max-connections") + ": " + asked + " (expected: from 1 to "
                    + most + ", the limit of open files less what the server itself needs)");
        }
        return asked;
    }

    private void setTls(SseServerBuilder server) throws BadOptionException {
        if (options.tlsCert == null) {
            requireCertificate("--tls-key", options.tlsKey);
            requireCertificate("--tls-client-ca", options.tlsClientCa);
            return;
        }
        if (options.tlsKey == null) {
            throw new BadOptionException(
                    options.named("--tls-cert") + ": " + options.tlsCert + " (expected: --tls-key as well)");
        }
        server.tls(options.tlsCert, options.tlsKey);
        if (options.tlsClientCa != null) {
            server.tlsClientCa(options.tlsClientCa);
        }
    }

    private void requireCertificate(String option, @Nullable Path value) throws BadOptionException {
        if (value != null) {
            throw new BadOptionException(options.named(option) + ": " + value + " (expected: --tls-cert as well)");
        }
    }

    private void setProxies(SseServerBuilder server) throws BadOptionException {
        boolean headerChosen = options.proxyProtocol || options.forwarded != Options.ForwardedBy.NONE;
        if (options.trustedProxies.isEmpty()) {
            if (headerChosen) {
                throw new BadOptionException(options.named(options.proxyProtocol ? "--proxy-protocol" : "--forwarded")
                        + ": no proxy is trusted (expected: --trusted-proxy as well)");
            }
            return;
        }
        TrustedProxies proxies;
        try {
            proxies = TrustedProxies.of(options.trustedProxies.toArray(new String[0]));
        } catch (IllegalArgumentException e) {
            throw options.invalid("--trusted-proxy", e);
        }
        if (!headerChosen) {
            throw new BadOptionException(
                    options.named("--trusted-proxy") + ": " + String.join(",", options.trustedProxies)
                            + " (expected: --forwarded or --proxy-protocol as well)");
        }
        if (options.forwarded == Options.ForwardedBy.FORWARDED) {
            proxies = proxies.byForwarded();
        } else if (options.forwarded == Options.ForwardedBy.X_FORWARDED_FOR) {
            proxies = proxies.byXForwardedFor();
        }
        server.trustedProxies(options.proxyProtocol ? proxies.byProxyProtocol() : proxies);
    }

    private static int bodyBytes(long bytes) {
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "maxBodyBytes: " + bytes + " (expected: from 0 to " + (Integer.MAX_VALUE - 8) + ")");
        }
        return (int) bytes;
    }

    /** Passes a given value to a builder, and translates its error to the name of the option that the user knows. */
    private <T> void set(String option, @Nullable T value, Consumer<T> setter) throws BadOptionException {
        if (value == null) {
            return;
        }
        try {
            setter.accept(value);
        } catch (IllegalArgumentException e) {
            throw value instanceof Duration ? options.invalidAsTyped(option, e) : options.invalid(option, e);
        }
    }
}
