package io.sluice.sse.netty;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.LaneOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
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
    public static final Duration DEFAULT_HEARTBEAT = Duration.ofSeconds(15);
    /** Reconnection time of clients unless said otherwise. */
    public static final Duration DEFAULT_RETRY = Duration.ofSeconds(3);
    /** How long pending bytes may stand still unless said otherwise. */
    public static final Duration DEFAULT_WRITE_TIMEOUT = Duration.ofSeconds(30);
    /** How long the drain may take unless said otherwise. */
    public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(5);
    /** The largest request body unless said otherwise. */
    public static final int DEFAULT_MAX_BODY_BYTES = 1 << 20;
    /** The most streams at a time unless said otherwise. */
    public static final int DEFAULT_MAX_STREAMS = 100_000;

    private static final Duration LONGEST = Duration.ofDays(365);

    @Nullable
    Hub hub;

    String host = DEFAULT_HOST;
    int port = DEFAULT_PORT;
    Transport transport = Transport.AUTO;
    int threads = Runtime.getRuntime().availableProcessors();
    Duration heartbeat = DEFAULT_HEARTBEAT;
    Duration retry = DEFAULT_RETRY;
    Duration writeTimeout = DEFAULT_WRITE_TIMEOUT;
    Duration maxLifetime = Duration.ZERO;
    Duration blockedLaneAfter = LaneOptions.DEFAULT.blockedLaneAfter();
    Duration drain = DEFAULT_DRAIN;
    int maxBodyBytes = DEFAULT_MAX_BODY_BYTES;
    int maxStreams = DEFAULT_MAX_STREAMS;
    /** Room for 100 topics of 255 bytes, percent-encoded. */
    int maxRequestLine = 80 * 1024;

    int maxHeaderBytes = 16 * 1024;

    @Nullable
    Set<String> allowedHosts;

    Routes routes = new Routes();

    SseServerBuilder() {}

    /** The hub whose topics are served; it stays its owner's. Without one the server makes its own. */
    public SseServerBuilder hub(Hub newHub) {
        hub = Objects.requireNonNull(newHub, "hub");
        return this;
    }

    /** The name or address to listen on. */
    public SseServerBuilder host(String newHost) {
        if (newHost.isBlank()) {
            throw new IllegalArgumentException("host: \"" + newHost + "\" (expected: a host name or an address)");
        }
        host = newHost;
        return this;
    }

    /** The port to listen on; 0 takes a free one. */
    public SseServerBuilder port(int newPort) {
        port = inRange("port", newPort, 0, 65_535);
        return this;
    }

    /** How to talk to the kernel. */
    public SseServerBuilder transport(Transport newTransport) {
        transport = Objects.requireNonNull(newTransport, "transport");
        return this;
    }

    /** How many event loops, each of them a lane. */
    public SseServerBuilder threads(int count) {
        threads = inRange("threads", count, 1, 1024);
        return this;
    }

    /** Silence after which a client gets a comment; zero is off. */
    public SseServerBuilder heartbeat(Duration silence) {
        heartbeat = inRange("heartbeat", silence);
        return this;
    }

    /** The reconnection time that each stream begins with. */
    public SseServerBuilder retry(Duration time) {
        retry = inRange("retry", time);
        return this;
    }

    /** How long a client's pending bytes may stand still before it is closed; zero is off. */
    public SseServerBuilder writeTimeout(Duration time) {
        writeTimeout = inRange("writeTimeout", time);
        return this;
    }

    /**
     * How long a stream lives, up to a tenth more or less, before it is ended and its client comes back: so that clients
     * spread over new servers, or show a fresh token. Zero, the default, is for ever.
     */
    public SseServerBuilder maxLifetime(Duration time) {
        maxLifetime = inRange("maxLifetime", time);
        return this;
    }

    /** How long an event loop with streams may stand still before that is logged with its stack; zero is off. */
    public SseServerBuilder blockedLaneAfter(Duration time) {
        blockedLaneAfter = inRange("blockedLaneAfter", time);
        return this;
    }

    /** How long {@link SseServer#close()} takes to end the open streams. */
    public SseServerBuilder drain(Duration time) {
        drain = inRange("drain", time);
        return this;
    }

    /** The largest body of a request that is no stream. */
    public SseServerBuilder maxBodyBytes(int bytes) {
        maxBodyBytes = inRange("maxBodyBytes", bytes, 0, Integer.MAX_VALUE - 8);
        return this;
    }

    /** The most streams at a time; who comes above it is refused, and nobody is evicted. */
    public SseServerBuilder maxStreams(int count) {
        maxStreams = inRange("maxStreams", count, 0, Integer.MAX_VALUE - 1);
        return this;
    }

    /**
     * The names that requests may ask for, without port; others are refused with 421. By default a server on a loopback
     * address answers to loopback's names only, and any other to all.
     */
    public SseServerBuilder allowedHosts(String... names) {
        Set<String> lower = new LinkedHashSet<>();
        for (String name : names) {
            if (name.isBlank() || name.indexOf('/') >= 0 || name.indexOf('*') >= 0 || name.startsWith(":")) {
                throw new IllegalArgumentException(
                        "allowedHosts: \"" + name + "\" (expected: a host name or an address)");
            }
            lower.add(String.valueOf(HostRule.nameOf(name)));
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
     */
    public SseServerBuilder streams(String path, StreamRoute route) {
        routes.addStream(path, Objects.requireNonNull(route, "route"));
        return this;
    }

    /** Answers other requests at a path; with {@code /**} at its end, below it as well. GET answers HEAD too. */
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

    LaneOptions laneOptions() {
        return LaneOptions.DEFAULT
                .withHeartbeat(heartbeat)
                .withRetry(retry)
                .withWriteTimeout(writeTimeout)
                .withMaxLifetime(maxLifetime)
                .withBlockedLaneAfter(blockedLaneAfter);
    }

    HostRule hostRule() {
        Set<String> names = allowedHosts;
        if (names != null) {
            return HostRule.only(names);
        }
        try {
            boolean loopback = Arrays.stream(InetAddress.getAllByName(host)).allMatch(InetAddress::isLoopbackAddress);
            return loopback ? HostRule.loopback() : HostRule.any();
        } catch (UnknownHostException e) {
            return HostRule.any(); // the bind says that there is no such host
        }
    }

    private static int inRange(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    option + ": " + value + " (expected: from " + least + " to " + most + ")");
        }
        return value;
    }

    private static Duration inRange(String option, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: from 0 to 365 days)");
        }
        return value;
    }
}
