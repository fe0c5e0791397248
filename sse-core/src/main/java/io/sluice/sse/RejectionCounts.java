package io.sluice.sse;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * Counts who was turned away, by the limit that did it, since the hub was made. Transports count, gauges and tests read.
 * Thread-safe.
 */
public final class RejectionCounts {

    /** The limit that turned somebody away. */
    public enum Kind {
        /** Connections in all: closed as soon as it was accepted. */
        CONNECTIONS,
        /** Streams in all. */
        STREAMS,
        /** Streams of one address. */
        STREAMS_PER_ADDRESS,
        /** Streams of one key of the application's. */
        STREAMS_PER_KEY,
        /** The rate at which one address may ask for streams. */
        CONNECT_RATE,
        /** The rate at which one address may send other requests, such as publishes. */
        REQUEST_RATE,
        /** The time that a request may take to arrive. */
        REQUEST_TIMEOUT,
        /** No new streams while the server shuts down. */
        DRAINING,
        /** Topics of the hub. */
        TOPICS;

        private final String tag = name().toLowerCase(Locale.ROOT).replace('_', '-');

        /** The form for metrics and logs, such as {@code streams-per-address}. */
        public String tag() {
            return tag;
        }
    }

    private final LongAdder[] counts = new LongAdder[Kind.values().length];

    /** Nobody was turned away yet. */
    public RejectionCounts() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    /** One more was turned away. */
    public void add(Kind kind) {
        counts[kind.ordinal()].increment();
    }

    /** How many were turned away for this. */
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
