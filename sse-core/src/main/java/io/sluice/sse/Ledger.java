package io.sluice.sse;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what clients own at present. When the last client has left, every count is zero. Tests assert this, the admin
 * endpoint shows the counts, and the gauges read them, so counting is always on.
 *
 * <p>Thread-safe. While clients come and go, the counts are sums over a short time, not a snapshot. They are exact as
 * soon as nothing changes.
 */
public final class Ledger {

    /** The kinds of objects that are counted. */
    public enum Kind {
        /** Connections that are accepted and not yet closed, with or without a stream. */
        CONNECTIONS,
        /** Sinks that are opened and not yet closed. */
        SINKS,
        /** Subscriptions of sinks to hub topics. */
        SUBSCRIPTIONS,
        /**
         * Tasks of a scope: scheduled tasks that have not yet run or been cancelled, and forked tasks whose thread has
         * not yet returned.
         */
        TASKS,
        /** Close listeners that are not yet called or removed, and writable listeners of open sinks. */
        LISTENERS,
        /** Frames that at least one connection has not yet sent. */
        BUFFERS,
        /** Compressors, which hold memory outside the heap: those of single streams and of lanes. */
        COMPRESSORS,
        /**
         * Tasks of user code that run now: sources, listeners, scheduled tasks and blocking authenticators of clients,
         * also of clients that left.
         */
        USER_CODE
    }

    private final LongAdder[] counts = new LongAdder[Kind.values().length];

    /** Creates a ledger with all counts at zero. */
    public Ledger() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    /** Adds {@code amount} to the count of {@code kind}; a negative amount subtracts. */
    public void add(Kind kind, long amount) {
        counts[kind.ordinal()].add(amount);
    }

    /** The current count of {@code kind}. */
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

    /** Whether all counts are zero: no client owns anything. */
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
