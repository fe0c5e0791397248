package io.sluice.sse;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what clients own and is alive now. When the last client has gone, every count reads zero; that is what tests
 * assert, what the admin endpoint shows and what the gauges read, so it is always on.
 *
 * <p>Thread-safe. A reading taken while clients come and go is a sum over a moment, not a snapshot; it is exact as soon
 * as nothing moves.
 */
public final class Ledger {

    /** What is counted. */
    public enum Kind {
        /** Connections accepted and not yet closed, whether they stream or not. */
        CONNECTIONS,
        /** Sinks opened and not yet closed. */
        SINKS,
        /** Subscriptions of sinks to hub topics. */
        SUBSCRIPTIONS,
        /** Tasks of a scope: scheduled and not yet run or cancelled, or forked and not yet left by their threads. */
        TASKS,
        /** Close listeners not yet called or taken back, and writable listeners of sinks that are open. */
        LISTENERS,
        /** Frames that some client's connection has not yet sent. */
        BUFFERS
    }

    private final LongAdder[] counts = new LongAdder[Kind.values().length];

    /** A ledger on which everything reads zero. */
    public Ledger() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    /** Says that {@code amount} more of {@code kind} are alive; a negative amount says that they are gone. */
    public void add(Kind kind, long amount) {
        counts[kind.ordinal()].add(amount);
    }

    /** How many of {@code kind} are alive now. */
    public long count(Kind kind) {
        return counts[kind.ordinal()].sum();
    }

    /** All counts, in the order of {@link Kind}. */
    public Map<Kind, Long> counts() {
        Map<Kind, Long> all = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            all.put(kind, count(kind));
        }
        return all;
    }

    /** Whether nothing that a client could own is alive. */
    public boolean isZero() {
        for (LongAdder count : counts) {
            if (count.sum() != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return counts().toString();
    }
}
