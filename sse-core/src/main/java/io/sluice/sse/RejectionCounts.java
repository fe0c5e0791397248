package io.sluice.sse;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * Counts rejected connections and requests by the limit that rejected them, since the hub was created. Transports
 * count; gauges and tests read. Thread-safe.
 */
public final class RejectionCounts {

    /** The limit that rejected a connection or a request. */
    public enum Kind {
        /** Total connections: the connection was closed as soon as it was accepted. */
        CONNECTIONS,
        /** Total streams. */
        STREAMS,
        /** Streams of one address. */
        STREAMS_PER_ADDRESS,
        /** Streams of one key that the application chose. */
        STREAMS_PER_KEY,
        /** The rate at which one address may open streams. */
        CONNECT_RATE,
        /** The rate at which one address or principal may send other requests, such as publishes. */
        REQUEST_RATE,
        /** The time that a request may take to arrive. */
        REQUEST_TIMEOUT,
        /** New streams while the server shuts down. */
        DRAINING,
        /** Topics of the hub. */
        TOPICS,
        /** Connections of one address: the connection was closed as soon as it was accepted. */
        CONNECTIONS_PER_ADDRESS,
        /** Frames of an HTTP/2 connection that look like an attack, such as too many resets: it was closed. */
        HTTP2_FLOOD,
        /** Streams of one principal. */
        STREAMS_PER_PRINCIPAL,
        /** The time that authentication, or an asynchronous route, may take to decide about a request. */
        DECISION_TIMEOUT,
        /** The rate at which one address may send wrong credentials. */
        AUTHENTICATION_RATE;

        private final String tag = name().toLowerCase(Locale.ROOT).replace('_', '-');

        /** The form for metrics and logs, such as {@code streams-per-address}. */
        public String tag() {
            return tag;
        }
    }

    private final LongAdder[] counts = new LongAdder[Kind.values().length];

    /** Creates counts that are all zero. */
    public RejectionCounts() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    /** Adds one rejection. */
    public void add(Kind kind) {
        counts[kind.ordinal()].increment();
    }

    /** The number of rejections by this limit. */
    public long count(Kind kind) {
        return counts[kind.ordinal()].sum();
    }

    /** All counts, such as {@code {connections=0, streams=2, …}}. */
    @Override
    public String toString() {
        return Arrays.stream(Kind.values())
                .map(kind -> kind.tag() + "=" + count(kind))
                .collect(Collectors.joining(", ", "{", "}"));
    }
}
