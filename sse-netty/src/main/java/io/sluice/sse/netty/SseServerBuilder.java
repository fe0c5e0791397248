package io.sluice.sse.netty;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.netty.http.AllowedHosts;
import io.sluice.sse.netty.socket.NettyVersion;
import io.sluice.sse.netty.tls.TlsFiles;
import io.sluice.sse.topic.AccessRules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@link SseServer}. Each method checks its value; its exception names the option, the value and the
 * allowed values. Not thread-safe. A server works on a copy of the options.
 */
public final class SseServerBuilder {

    /** The default of {@link #host}. */
    public static final String DEFAULT_HOST = ServerOptions.DEFAULT_HOST;
    /** The default of {@link #port}. */
    public static final int DEFAULT_PORT = ServerOptions.DEFAULT_PORT;
    /** The default of {@link #heartbeat}. */
    public static final Duration DEFAULT_HEARTBEAT = LaneOptions.DEFAULT.heartbeat();
    /** The default of {@link #retry}. */
    public static final Duration DEFAULT_RETRY = LaneOptions.DEFAULT.retry();
    /** The default of {@link #writeTimeout}. */
    public static final Duration DEFAULT_WRITE_TIMEOUT = LaneOptions.DEFAULT.writeTimeout();
    /** The default of {@link #drain}. */
    public static final Duration DEFAULT_DRAIN = ServerOptions.DEFAULT_DRAIN;
    /** The default of {@link #maxBodyBytes}. */
    public static final int DEFAULT_MAX_BODY_BYTES = ServerOptions.DEFAULT_MAX_BODY_BYTES;
    /** The default of {@link #maxStreams}. */
    public static final int DEFAULT_MAX_STREAMS = StreamLimits.DEFAULT_MAX_STREAMS;
    /** The default of {@link #requestTimeout}. */
    public static final Duration DEFAULT_REQUEST_TIMEOUT = ServerOptions.DEFAULT_REQUEST_TIMEOUT;
    /** The default of {@link #idleTimeout}. */
    public static final Duration DEFAULT_IDLE_TIMEOUT = ServerOptions.DEFAULT_IDLE_TIMEOUT;
    /** The default of {@link #decisionTimeout}. */
    public static final Duration DEFAULT_DECISION_TIMEOUT = AccessControl.DEFAULT_TIMEOUT;
    /** By how much {@link #maxConnections} exceeds {@link #maxStreams} by default. */
    public static final int DEFAULT_CONNECTIONS_ABOVE_STREAMS = ServerOptions.DEFAULT_CONNECTIONS_ABOVE_STREAMS;

    private final ServerOptions options = new ServerOptions();

    SseServerBuilder() {}

    /** For tests. */
    ServerOptions options() {
        return options;
    }

    /** The hub whose topics the server serves. The caller still owns it. By default the server creates its own. */
    public SseServerBuilder hub(Hub newHub) {
        options.hub = Objects.requireNonNull(newHub, "hub");
        return this;
    }

    /**
     * The host name or address to listen on. 127.0.0.1 by default, which only this machine can reach.
     *
     * @throws IllegalArgumentException if it is blank; {@link #start} finds out whether the host exists
     */
    public SseServerBuilder host(String newHost) {
        if (Objects.requireNonNull(newHost, "host").isBlank()) {
            throw new IllegalArgumentException("host: \"" + newHost + "\" (expected: a host name or an address)");
        }
        options.host = newHost;
        return this;
    }

    /**
     * The port to listen on; 0 selects a free one. 8080 by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 65535
     */
    public SseServerBuilder port(int newPort) {
        options.port = Checks.inRange("port", newPort, 0, 65_535);
        return this;
    }

    /** The I/O mechanism of the operating system to use. {@link Transport#AUTO} by default. */
    public SseServerBuilder transport(Transport newTransport) {
        options.transport = Objects.requireNonNull(newTransport, "transport");
        return this;
    }

    /**
     * The number of event loops. Each is a lane. One per processor by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 1024
     */
    public SseServerBuilder threads(int count) {
        options.threads = Checks.inRange("threads", count, 1, 1024);
        return this;
    }

    /**
     * The silence after which a client gets a comment as a heartbeat; zero turns heartbeats off. 15 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder heartbeat(Duration silence) {
        options.laneOptions = options.laneOptions.withHeartbeat(silence);
        return this;
    }

    /**
     * The reconnection time that each stream begins with. 3 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 1 day
     */
    public SseServerBuilder retry(Duration time) {
        options.laneOptions = options.laneOptions.withRetry(time);
        return this;
    }

    /**
     * The jitter of {@link #retry}, as a fraction from 0 to 1: each stream begins with a time that is longer or shorter
     * by at most this fraction. So clients that lose their streams together, without a final reconnection time from the
     * server, reconnect at different times. Off by default. The times that a drain or a rejection sends always have
     * jitter.
     *
     * @throws IllegalArgumentException if it is not from 0 to 1
     */
    public SseServerBuilder retryJitter(double fraction) {
        options.laneOptions = options.laneOptions.withRetryJitter(fraction);
        return this;
    }

    /**
     * How long the pending bytes of a client may make no progress before the server closes the stream; zero turns the
     * timeout off. 30 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder writeTimeout(Duration time) {
        options.laneOptions = options.laneOptions.withWriteTimeout(time);
        return this;
    }

    /**
     * How long a stream lives, plus or minus at most a tenth, before the server ends it and the client reconnects. So
     * clients spread over new servers, and present fresh tokens. At least a second; zero, the default, is unlimited.
     *
     * @throws IllegalArgumentException if it is neither zero nor from a second to 365 days
     */
    public SseServerBuilder maxLifetime(Duration time) {
        options.laneOptions = options.laneOptions.withMaxLifetime(time);
        return this;
    }

    /**
     * How long a lane with streams may be blocked before the watchdog logs its stack; zero turns the watchdog off. 2
     * seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder blockedLaneAfter(Duration time) {
        options.laneOptions = options.laneOptions.withBlockedLaneAfter(time);
        return this;
    }

    /**
     * How long {@link SseServer#close()} may take to end the open streams. 5 seconds by default. It returns earlier if
     * the streams end earlier.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder drain(Duration time) {
        options.drain = Checks.inRange("drain", time);
        return this;
    }

    /**
     * The largest body of a request to an {@link HttpRoute}. 1 MiB by default. A larger body gets status 413.
     *
     * @throws IllegalArgumentException if it is not from 0 to 2<sup>31</sup> - 9, the size of the largest array
     */
    public SseServerBuilder maxBodyBytes(int bytes) {
        options.maxBodyBytes = Checks.inRange("maxBodyBytes", bytes, 0, Integer.MAX_VALUE - 8);
        return this;
    }

    /**
     * The largest number of bytes that all connections may hold together in unfinished bodies and in responses that
     * their clients have not read. Above it a request with a body gets status 503 with Retry-After. Streams have bounds
     * of their own. By default a quarter of the heap.
     *
     * @throws IllegalArgumentException if it is not from 0 to 2<sup>63</sup> - 1
     */
    public SseServerBuilder maxBufferedBytes(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("maxBufferedBytes: " + bytes + " (expected: 0 or more)");
        }
        options.maxBufferedBytes = bytes;
        return this;
    }

    /**
     * The maximum number of open streams. Above it new streams are rejected; open streams are never evicted. 100,000 by
     * default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder maxStreams(int count) {
        options.limits = options.limits.maxStreams(count);
        return this;
    }

    /**
     * The maximum number of open streams per address: an IPv4 address, or the /64 network of an IPv6 address. Unlimited
     * by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder maxStreamsPerAddress(int count) {
        options.limits = options.limits.maxStreamsPerAddress(count);
        return this;
    }

    /**
     * The maximum number of open streams per key, for example per user or tenant. Unlimited by default.
     *
     * @param key as in {@link StreamLimits#maxStreamsPerKey}
     * @throws IllegalArgumentException if the count is not from 1 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder maxStreamsPerKey(int count, Function<? super SseRequest, ? extends @Nullable Object> key) {
        options.limits = options.limits.maxStreamsPerKey(count, key);
        return this;
    }

    /**
     * The maximum number of open streams per principal, as in {@link StreamLimits#maxStreamsPerPrincipal}. Unlimited by
     * default.
     *
     * @throws IllegalArgumentException if the count is not from 1 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder maxStreamsPerPrincipal(int count, StreamLimits.AtLimit atLimit) {
        options.limits = options.limits.maxStreamsPerPrincipal(count, atLimit);
        return this;
    }

    /** The rate of stream requests per address, as in {@link StreamLimits#connectRate}. Unlimited by default. */
    public SseServerBuilder connectRate(Rate perAddress) {
        options.limits = options.limits.connectRate(perAddress);
        return this;
    }

    /**
     * The maximum number of connections, whether streams or not. A connection above it is closed as soon as it is
     * accepted. Leave room above {@link #maxStreams} for other requests and for rejections with a response, and stay
     * below the limit of open files. By default 256 more than the streams.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder maxConnections(int count) {
        options.maxConnections = Checks.inRange("maxConnections", count, 1, Integer.MAX_VALUE - 1);
        return this;
    }

    /**
     * The maximum number of connections per address, whether streams or not: an IPv4 address, or the /64 network of an
     * IPv6 address. A connection above it is closed as soon as it is accepted. Without it one address can use up
     * {@link #maxConnections}, whatever {@link #maxStreamsPerAddress} is. Many clients may share an address, and a
     * browser opens up to six connections. It does not apply to {@link #trustedProxies}; list a proxy there, or its
     * clients share the limit. Unlimited by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder maxConnectionsPerAddress(int count) {
        options.maxConnectionsPerAddress = Checks.inRange("maxConnectionsPerAddress", count, 1, Integer.MAX_VALUE - 1);
        return this;
    }

    /**
     * How long a request with its body may take to arrive. The time of a connection's first request starts at the
     * accept, that of later requests at their first byte. After it the server closes the connection; if the request has
     * begun, it sends status 408 before. Zero turns the timeout off. 10 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder requestTimeout(Duration time) {
        options.requestTimeout = Checks.inRange("requestTimeout", time);
        return this;
    }

    /**
     * How long a connection that is not a stream may wait for its next request, or may read nothing of its response,
     * before the server closes it. Zero turns the timeout off. 60 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder idleTimeout(Duration time) {
        options.idleTimeout = Checks.inRange("idleTimeout", time);
        return this;
    }

    /**
     * The longest request line. A longer one gets status 414. 80 KiB by default, enough for 100 topics.
     *
     * @throws IllegalArgumentException if it is not from 64 bytes to 1 MiB
     */
    public SseServerBuilder maxRequestLineBytes(int bytes) {
        options.maxRequestLineBytes = Checks.inRange("maxRequestLineBytes", bytes, 64, 1 << 20);
        return this;
    }

    /**
     * The maximum size of all headers of a request together. Larger headers get status 431. 16 KiB by default.
     *
     * @throws IllegalArgumentException if it is not from 64 bytes to 1 MiB
     */
    public SseServerBuilder maxHeaderBytes(int bytes) {
        options.maxHeaderBytes = Checks.inRange("maxHeaderBytes", bytes, 64, 1 << 20);
        return this;
    }

    /**
     * The maximum number of headers of a request. More headers get status 431. 100 by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 10,000
     */
    public SseServerBuilder maxHeaders(int count) {
        options.maxHeaders = Checks.inRange("maxHeaders", count, 1, 10_000);
        return this;
    }

    /**
     * The proxies that the server believes when they report the address of their client. None by default.
     *
     * @throws IllegalArgumentException if it does not define how the proxies report the address
     */
    public SseServerBuilder trustedProxies(TrustedProxies trusted) {
        if (!Objects.requireNonNull(trusted, "trustedProxies").hasSource()) {
            throw new IllegalArgumentException("trustedProxies: networks only (expected: what is believed as well, by"
                    + " byForwarded(), byXForwardedFor() or byProxyProtocol())");
        }
        options.proxies = trusted;
        return this;
    }

    /**
     * The host names, without port, that requests may be for. Requests for other hosts get status 421. By default a
     * server on a loopback address accepts the loopback names only, and any other server accepts every name.
     *
     * @throws IllegalArgumentException if there are no names, or one is not a host name
     */
    public SseServerBuilder allowedHosts(String... names) {
        Set<String> lower = new LinkedHashSet<>();
        for (String name : Objects.requireNonNull(names, "allowedHosts")) {
            Objects.requireNonNull(name, "allowedHosts");
            if (!AllowedHosts.isValid(name)) {
                throw new IllegalArgumentException(
                        "allowedHosts: \"" + name + "\" (expected: a host name or an address)");
            }
            lower.add(String.valueOf(AllowedHosts.nameOf(name)));
        }
        if (lower.isEmpty()) {
            throw new IllegalArgumentException("allowedHosts: none (expected: at least one host name)");
        }
        options.allowedHosts = lower;
        return this;
    }

    /**
     * Serves streams at a path; if the path ends with {@code /**}, at all paths below it, too. A server without a
     * stream route gets {@code /events/**} with {@link StreamRoute#topics()}: every topic by its name, without
     * patterns.
     *
     * @throws IllegalArgumentException if the path does not begin with a slash, contains a parameter such as {@code
     *     {id}}, or already has streams or a route of GET
     */
    public SseServerBuilder streams(String path, StreamRoute route) {
        return streams(path, route, "GET");
    }

    /**
     * As {@link #streams(String, StreamRoute)}, for requests of these methods. A request of another method than GET may
     * have a body, up to {@link #maxBodyBytes}, which reaches the route ({@link SseRequest#body}). It must come from a
     * page of this server's origin or of an allowed one, as for other routes. If it is rejected for a while, the
     * response is always its status, since no EventSource sends such requests.
     *
     * @param methods in upper case, such as {@code POST} and {@code QUERY}; GET also serves HEAD
     * @throws IllegalArgumentException as {@link #streams(String, StreamRoute)}, and if there is no method, or one is
     *     not in upper case or already has a route
     */
    public SseServerBuilder streams(String path, StreamRoute route, String... methods) {
        if (Objects.requireNonNull(methods, "methods").length == 0) {
            throw new IllegalArgumentException("streams: " + path + " (expected: at least one method)");
        }
        options.routes.addStream(
                Objects.requireNonNull(path, "path"), Objects.requireNonNull(route, "route"), List.of(methods));
        return this;
    }

    /**
     * Serves other requests at a path; if the path ends with {@code /**}, at all paths below it, too. The route of GET
     * also serves HEAD.
     *
     * @throws IllegalArgumentException if the method is not in upper case or is HEAD, if the path does not begin with a
     *     slash or contains a parameter such as {@code {id}}, or if it already has a route for the method, or streams
     *     and the method is GET
     */
    public SseServerBuilder route(String method, String path, HttpRoute route) {
        Routes.checkedMethod(Objects.requireNonNull(method, "method"));
        options.routes.add(method, Objects.requireNonNull(path, "path"), Objects.requireNonNull(route, "route"));
        return this;
    }

    /**
     * The origins of other pages that may use this server (CORS): its streams, its routes, and rejections, which the
     * page may then read. An origin is {@code https://app.example}, or {@code https://*.app.example} for all
     * subdomains. Pages of these origins may send cookies and other credentials. {@code *} allows all other origins,
     * but without credentials. By default no page of another origin can read a response.
     *
     * <p>The server answers preflights itself. A route that sets {@code access-control-allow-origin} decides who may
     * read its own response. Its stream still has no page of another site whose origin is not named here.
     *
     * @throws IllegalArgumentException if there is no origin, or if one is not of these forms
     */
    public SseServerBuilder cors(String... origins) {
        Objects.requireNonNull(origins, "origins");
        for (String origin : origins) {
            Objects.requireNonNull(origin, "origins");
        }
        if (origins.length == 0) {
            throw new IllegalArgumentException("cors: no origin (expected: at least one)");
        }
        options.cors = Cors.of(origins);
        return this;
    }

    /**
     * How streams are compressed for clients that accept gzip. A route can decide otherwise with
     * {@link SseStream#compression}. {@link Compression#OFF} by default. Responses of routes and rejections are never
     * compressed.
     */
    public SseServerBuilder compression(Compression compression) {
        options.compression = Objects.requireNonNull(compression, "compression");
        return this;
    }

    /**
     * The maximum number of streams with a compressor of their own ({@link Compression#PER_STREAM}), each of which
     * costs about 270 kB outside the heap. 256 by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder maxCompressors(int count) {
        options.maxCompressors = Checks.inRange("maxCompressors", count, 0, Integer.MAX_VALUE - 1);
        return this;
    }

    /**
     * Determines the identity of each client, before every limit and every route. A client without credentials gets
     * status 401, unless {@link Authenticator#orAnonymous} allows it. None by default: every client is unknown.
     */
    public SseServerBuilder authenticator(Authenticator authenticator) {
        options.access = options.access.authenticator(authenticator);
        return this;
    }

    /**
     * The topics that clients may subscribe to, for all streams of the server, as in {@link StreamRoute#allowing}, and
     * the topics that they may publish to, for routes that read them by {@link SseRequest#topicToPublish}. By default
     * every client may subscribe to what a route gives it.
     */
    public SseServerBuilder access(AccessRules rules) {
        options.access = options.access.rules(rules);
        return this;
    }

    /**
     * How long the {@link #authenticator} may take to identify a client, and how long an asynchronous route may take to
     * decide about a stream ({@link StreamRoute#async}). After it the client gets status 503 and may retry. Zero turns
     * the timeout off. 10 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder decisionTimeout(Duration time) {
        options.access = options.access.timeout(Checks.inRange("decisionTimeout", time));
        return this;
    }

    /**
     * Serves HTTPS (TLS 1.3 and 1.2) with a certificate and its key, which are files in PEM. The key is PKCS #8 and not
     * encrypted. The server looks at the files once a second. When they have changed, new connections use the new
     * ones; open connections go on. If the changed files are wrong, the server logs a warning and keeps the old ones.
     *
     * <p>Netty's BoringSSL is used if {@code netty-tcnative-boringssl-static} is on the class path, otherwise the JDK.
     *
     * @param certificate the server's certificate, followed by its intermediate certificates
     */
    public SseServerBuilder tls(Path certificate, Path key) {
        TlsFiles.Paths before = options.tlsFiles;
        options.tlsFiles = new TlsFiles.Paths(
                Objects.requireNonNull(certificate, "certificate"),
                Objects.requireNonNull(key, "key"),
                before == null ? null : before.clientCa());
        options.tls = null;
        return this;
    }

    /** Selects the implementation of TLS for {@link #tls(Path, Path)}, whatever is on the class path. For tests. */
    SseServerBuilder tlsProvider(SslProvider provider) {
        options.tlsProvider = provider;
        return this;
    }

    /**
     * Requires a certificate of each client (mutual TLS), which one of these authorities has signed. A route reads it
     * from {@link SseRequest#sslSession}. Call {@link #tls(Path, Path)} first.
     *
     * @param authorities a file with certificates in PEM
     * @throws IllegalStateException if the server has no files for TLS
     */
    public SseServerBuilder tlsClientCa(Path authorities) {
        Objects.requireNonNull(authorities, "authorities");
        TlsFiles.Paths before = options.tlsFiles;
        if (before == null) {
            throw new IllegalStateException("tlsClientCa: call tls(certificate, key) first");
        }
        options.tlsFiles = new TlsFiles.Paths(before.certificate(), before.key(), authorities);
        return this;
    }

    /**
     * Serves HTTPS with a context of the application, in place of {@link #tls(Path, Path)}. The caller still owns it.
     *
     * @throws IllegalArgumentException if it is for clients
     * @throws IllegalStateException if {@link #tlsClientCa} was called: the context itself decides which clients it
     *     accepts
     */
    public SseServerBuilder tls(SslContext context) {
        if (Objects.requireNonNull(context, "context").isClient()) {
            throw new IllegalArgumentException("tls: a context for clients (expected: SslContextBuilder.forServer)");
        }
        if (options.tlsFiles != null && options.tlsFiles.clientCa() != null) {
            throw new IllegalStateException("tls: tlsClientCa is set and a context would not use it"
                    + " (expected: SslContextBuilder.trustManager(…).clientAuth(REQUIRE) in place of tlsClientCa)");
        }
        options.tls = () -> context;
        options.tlsFiles = null;
        return this;
    }

    /**
     * Whether the server speaks HTTP/2 in addition to HTTP/1.1: over TLS to clients that select it by ALPN, and in
     * clear text to clients that begin with it. On by default. With a {@link #tls(SslContext) context of the
     * application} its own ALPN decides.
     */
    public SseServerBuilder http2(boolean enabled) {
        options.http2 = enabled;
        return this;
    }

    /**
     * The maximum number of requests and streams that an HTTP/2 connection may have open at a time. The client is
     * informed, and waits or opens another connection. 1,000 by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 100,000
     */
    public SseServerBuilder http2MaxStreams(int perConnection) {
        options.http2MaxStreams = Checks.inRange("http2MaxStreams", perConnection, 1, 100_000);
        return this;
    }

    /**
     * How many streams of an HTTP/2 connection may be reset within 30 seconds; more close the connection with all its
     * streams. It stops clients that open and reset streams in a flood. A proxy sends a reset for each page that a
     * browser closes, so the number must be high enough for the clients of a proxy that share a connection. By default
     * four times {@link #http2MaxStreams}, and at least 200.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>31</sup> - 2
     */
    public SseServerBuilder http2MaxResets(int perConnection) {
        options.http2MaxResets = Checks.inRange("http2MaxResets", perConnection, 1, Integer.MAX_VALUE - 1);
        return this;
    }

    /**
     * Starts a server with these options. Later changes of the builder do not affect it.
     *
     * @throws IOException if the server cannot listen on the host and port, or cannot use a TLS file
     * @throws IllegalArgumentException if the transport is not available on this machine
     * @throws IllegalStateException if the Netty on the class path is too old
     */
    public SseServer start() throws IOException {
        NettyVersion.check(); // before any class of a newer Netty is needed
        ServerOptions copy = options.copy();
        if (!copy.routes.hasStreams()) {
            copy.routes.addStream("/events/**", StreamRoute.topics(), List.of("GET"));
        }
        copy.loadTlsFiles();
        return SseServer.start(copy);
    }
}
