package io.sluice.sse.netty;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.LaneOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The options of an {@link SseServer}, checked as they are set; each refusal names the option, its value and what is
 * allowed. Not thread-safe; the server takes a copy.
 */
public final class SseServerBuilder implements Cloneable {

    /** Where a server listens unless said otherwise. */
    public static final String DEFAULT_HOST = "127.0.0.1";
    /** The port unless said otherwise. */
    public static final int DEFAULT_PORT = 8080;
    /** Silence after which a client gets a comment unless said otherwise. */
    public static final Duration DEFAULT_HEARTBEAT = LaneOptions.DEFAULT.heartbeat();
    /** Reconnection time of clients unless said otherwise. */
    public static final Duration DEFAULT_RETRY = LaneOptions.DEFAULT.retry();
    /** How long pending bytes may stand still unless said otherwise. */
    public static final Duration DEFAULT_WRITE_TIMEOUT = LaneOptions.DEFAULT.writeTimeout();
    /** How long the drain may take unless said otherwise. */
    public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(5);
    /** The largest request body unless said otherwise. */
    public static final int DEFAULT_MAX_BODY_BYTES = 1 << 20;
    /** The most streams at a time unless said otherwise. */
    public static final int DEFAULT_MAX_STREAMS = 100_000;
    /** How long a request may take to arrive unless said otherwise. */
    public static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(10);
    /** How long a connection may wait for its next request unless said otherwise. */
    public static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofSeconds(60);
    /** How many connections there may be above the streams unless said otherwise. */
    public static final int DEFAULT_CONNECTIONS_ABOVE_STREAMS = 256;

    @Nullable
    Hub hub;

    String host = DEFAULT_HOST;
    int port = DEFAULT_PORT;
    Transport transport = Transport.AUTO;
    int threads = Runtime.getRuntime().availableProcessors();
    LaneOptions laneOptions = LaneOptions.DEFAULT;
    Duration drain = DEFAULT_DRAIN;
    int maxBodyBytes = DEFAULT_MAX_BODY_BYTES;
    StreamLimits limits = StreamLimits.DEFAULT;

    @Nullable
    Integer maxConnections;

    Duration requestTimeout = DEFAULT_REQUEST_TIMEOUT;
    Duration idleTimeout = DEFAULT_IDLE_TIMEOUT;
    TrustedProxies proxies = TrustedProxies.NONE;
    /** Room for 100 topics of 255 bytes, percent-encoded. */
    int maxRequestLineBytes = 80 * 1024;

    int maxHeaderBytes = 16 * 1024;
    int maxHeaders = 100;

    @Nullable
    Set<String> allowedHosts;

    Routes routes = new Routes();

    SseServerBuilder() {}

    /** The hub whose topics are served; it stays its owner's. Without one the server makes its own. */
    public SseServerBuilder hub(Hub newHub) {
        hub = Objects.requireNonNull(newHub, "hub");
        return this;
    }

    /**
     * The name or address to listen on. 127.0.0.1 by default: this machine only.
     *
     * @throws IllegalArgumentException if it is blank; whether there is such a host, {@link #start} finds out
     */
    public SseServerBuilder host(String newHost) {
        if (newHost.isBlank()) {
            throw new IllegalArgumentException("host: \"" + newHost + "\" (expected: a host name or an address)");
        }
        host = newHost;
        return this;
    }

    /**
     * The port to listen on; 0 takes a free one. 8080 by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 65535
     */
    public SseServerBuilder port(int newPort) {
        port = Checks.inRange("port", newPort, 0, 65_535);
        return this;
    }

    /** How to talk to the kernel. {@link Transport#AUTO} by default. */
    public SseServerBuilder transport(Transport newTransport) {
        transport = Objects.requireNonNull(newTransport, "transport");
        return this;
    }

    /**
     * How many event loops, each of them a lane. One for each processor by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 1024
     */
    public SseServerBuilder threads(int count) {
        threads = Checks.inRange("threads", count, 1, 1024);
        return this;
    }

    /**
     * Silence after which a client gets a comment; zero is off. 15 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder heartbeat(Duration silence) {
        laneOptions = laneOptions.withHeartbeat(silence);
        return this;
    }

    /**
     * The reconnection time that each stream begins with. 3 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder retry(Duration time) {
        laneOptions = laneOptions.withRetry(time);
        return this;
    }

    /**
     * The share of {@link #retry} up to which the hint of a stream is longer or shorter, from 0 to 1: clients that lose
     * their streams at once, without a word from the server, come back apart. Off by default. The hints of a drain, and of a
     * refusal, are spread anyway.
     *
     * @throws IllegalArgumentException if it is not from 0 to 1
     */
    public SseServerBuilder retryJitter(double share) {
        laneOptions = laneOptions.withRetryJitter(share);
        return this;
    }

    /**
     * How long a client's pending bytes may stand still before it is closed; zero is off. 30 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder writeTimeout(Duration time) {
        laneOptions = laneOptions.withWriteTimeout(time);
        return this;
    }

    /**
     * How long a stream lives, up to a tenth more or less, before it is ended and its client comes back: so that clients
     * spread over new servers, or show a fresh token. At least a second; zero, the default, is for ever.
     *
     * @throws IllegalArgumentException if it is neither zero nor from a second to 365 days
     */
    public SseServerBuilder maxLifetime(Duration time) {
        laneOptions = laneOptions.withMaxLifetime(time);
        return this;
    }

    /**
     * How long a lane with streams may stand still before that is logged with its stack; zero is off. By default 2 s.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder blockedLaneAfter(Duration time) {
        laneOptions = laneOptions.withBlockedLaneAfter(time);
        return this;
    }

    /**
     * How long {@link SseServer#close()} takes to end the open streams. 5 seconds by default; it ends sooner if the
     * streams do.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder drain(Duration time) {
        drain = Checks.inRange("drain", time);
        return this;
    }

    /**
     * The largest body of a request that is no stream. 1 MiB by default; a larger one gets 413.
     *
     * @throws IllegalArgumentException if it is negative, or more than an array can have
     */
    public SseServerBuilder maxBodyBytes(int bytes) {
        maxBodyBytes = Checks.inRange("maxBodyBytes", bytes, 0, Integer.MAX_VALUE - 8);
        return this;
    }

    /**
     * The most streams at a time; who comes above it is refused, and nobody is evicted. 100,000 by default.
     *
     * @throws IllegalArgumentException if it is negative, or 2<sup>31</sup> - 1
     */
    public SseServerBuilder maxStreams(int count) {
        limits = limits.maxStreams(count);
        return this;
    }

    /**
     * The most streams at a time from one address: an IPv4 address, or the /64 network of an IPv6 address. Without a
     * limit by default.
     *
     * @throws IllegalArgumentException if it is less than 1, or 2<sup>31</sup> - 1
     */
    public SseServerBuilder maxStreamsPerAddress(int count) {
        limits = limits.maxStreamsPerAddress(count);
        return this;
    }

    /**
     * The most streams at a time with the same key, a user, say, or a tenant. Without a limit by default.
     *
     * @param key as in {@link StreamLimits#maxStreamsPerKey}
     * @throws IllegalArgumentException if the count is less than 1, or 2<sup>31</sup> - 1
     */
    public SseServerBuilder maxStreamsPerKey(int count, Function<? super SseRequest, ? extends @Nullable Object> key) {
        limits = limits.maxStreamsPerKey(count, key);
        return this;
    }

    /** How often one address may ask for a stream, as in {@link StreamLimits#connectRate}. Without a limit by default. */
    public SseServerBuilder connectRate(Rate perAddress) {
        limits = limits.connectRate(perAddress);
        return this;
    }

    /**
     * The most connections at a time, streams or not; one above it is closed as soon as it is accepted. It should leave
     * room above {@link #maxStreams} for other requests and for those who are to be refused in words, and stay below what
     * the process may open. By default 256 more than the streams.
     *
     * @throws IllegalArgumentException if it is less than 1, or 2<sup>31</sup> - 1
     */
    public SseServerBuilder maxConnections(int count) {
        maxConnections = Checks.inRange("maxConnections", count, 1, Integer.MAX_VALUE - 1);
        return this;
    }

    /**
     * How long a request may take to arrive, its body included: the first of a connection from the accept on, others from
     * their first byte. Past it the connection is closed, after a 408 if the request was begun. Zero is off. 10
     * seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder requestTimeout(Duration time) {
        requestTimeout = Checks.inRange("requestTimeout", time);
        return this;
    }

    /**
     * How long a connection that is no stream may wait for its next request, or leave an answer unread without any
     * progress; then it is closed. Zero is off. 60 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 0 to 365 days
     */
    public SseServerBuilder idleTimeout(Duration time) {
        idleTimeout = Checks.inRange("idleTimeout", time);
        return this;
    }

    /**
     * The longest request line; a longer one gets 414. 80 KiB by default: room for 100 topics.
     *
     * @throws IllegalArgumentException if it is not from 64 bytes to 1 MiB
     */
    public SseServerBuilder maxRequestLineBytes(int bytes) {
        maxRequestLineBytes = Checks.inRange("maxRequestLineBytes", bytes, 64, 1 << 20);
        return this;
    }

    /**
     * The most bytes of all headers of a request together; more get 431. 16 KiB by default.
     *
     * @throws IllegalArgumentException if it is not from 64 bytes to 1 MiB
     */
    public SseServerBuilder maxHeaderBytes(int bytes) {
        maxHeaderBytes = Checks.inRange("maxHeaderBytes", bytes, 64, 1 << 20);
        return this;
    }

    /**
     * The most headers of a request; more get 431. 100 by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 10,000
     */
    public SseServerBuilder maxHeaders(int count) {
        maxHeaders = Checks.inRange("maxHeaders", count, 1, 10_000);
        return this;
    }

    /**
     * Which peers are proxies that may say for whom they speak; without, nobody is.
     *
     * @throws IllegalArgumentException if it does not say by what they tell it
     */
    public SseServerBuilder trustedProxies(TrustedProxies trusted) {
        if (!trusted.believesAnything()) {
            throw new IllegalArgumentException("trustedProxies: networks only (expected: what is believed as well, by"
                    + " byForwarded(), byXForwardedFor() or byProxyProtocol())");
        }
        proxies = trusted;
        return this;
    }

    /**
     * The names that requests may ask for, without port; others are refused with 421. By default a server on a loopback
     * address answers to loopback's names only, and any other to all.
     *
     * @throws IllegalArgumentException if there is none, or one is no name
     */
    public SseServerBuilder allowedHosts(String... names) {
        Set<String> lower = new LinkedHashSet<>();
        for (String name : names) {
            if (name.isBlank() || name.indexOf('/') >= 0 || name.indexOf('*') >= 0 || name.startsWith(":")) {
                throw new IllegalArgumentException(
                        "allowedHosts: \"" + name + "\" (expected: a host name or an address)");
            }
            lower.add(String.valueOf(AllowedHosts.nameOf(name)));
        }
        if (lower.isEmpty()) {
            throw new IllegalArgumentException("allowedHosts: none (expected: at least one host name)");
        }
        allowedHosts = lower;
        return this;
    }

    /**
     * Serves streams at a path; with {@code /**} at its end, below it as well. Without any, a server has
     * {@code /events} and {@code /events/**} with {@link StreamRoute#topics()}.
     *
     * @throws IllegalArgumentException if the path does not begin with a slash, or has streams already
     */
    public SseServerBuilder streams(String path, StreamRoute route) {
        routes.addStream(path, Objects.requireNonNull(route, "route"));
        return this;
    }

    /**
     * Answers other requests at a path; with {@code /**} at its end, below it as well. GET answers HEAD too.
     *
     * @throws IllegalArgumentException if the method is not in upper case or is HEAD, or for a path as {@link #streams}
     */
    public SseServerBuilder route(String method, String path, HttpRoute route) {
        if (!method.equals(method.toUpperCase(Locale.ROOT)) || method.isBlank() || method.equals("HEAD")) {
            throw new IllegalArgumentException(
                    "method: \"" + method + "\" (expected: a method in upper case; HEAD is answered by GET's route)");
        }
        routes.add(method, path, Objects.requireNonNull(route, "route"));
        return this;
    }

    /**
     * Starts a server with these options; changing the builder afterwards does not change it.
     *
     * @throws IOException if it cannot listen there
     * @throws IllegalArgumentException if the transport does not work here
     */
    public SseServer start() throws IOException {
        SseServerBuilder copy = copy();
        if (!copy.routes.hasStreams()) {
            copy.streams("/events/**", StreamRoute.topics());
        }
        return SseServer.start(copy);
    }

    private SseServerBuilder copy() {
        try {
            SseServerBuilder copy = (SseServerBuilder) clone();
            copy.routes = new Routes(routes);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    int mostConnections() {
        return maxConnections != null
                ? maxConnections
                : (int) Math.min(Integer.MAX_VALUE - 1, (long) limits.total + DEFAULT_CONNECTIONS_ABOVE_STREAMS);
    }

    AllowedHosts hostRule() {
        return allowedHosts != null ? AllowedHosts.only(allowedHosts) : AllowedHosts.ofListening(host);
    }
}
