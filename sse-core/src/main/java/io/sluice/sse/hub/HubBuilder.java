package io.sluice.sse.hub;

import io.sluice.sse.Observer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link Hub}, checked as they are set. Not thread-safe; the hub takes a copy.
 */
public final class HubBuilder implements Cloneable {

    /** Events kept per topic unless said otherwise. */
    public static final int DEFAULT_HISTORY_EVENTS = 1000;
    /** Bytes kept per topic unless said otherwise. */
    public static final long DEFAULT_HISTORY_BYTES = 16L << 20;
    /** Age up to which events are kept unless said otherwise. */
    public static final Duration DEFAULT_HISTORY_AGE = Duration.ofMinutes(10);
    /** Topics a hub may have unless said otherwise. */
    public static final int DEFAULT_MAX_TOPICS = 1_000_000;
    /** Direct sends that may wait for a client unless said otherwise. */
    public static final int DEFAULT_DIRECT_SEND_EVENTS = 64;
    /** Their bytes unless said otherwise. */
    public static final int DEFAULT_DIRECT_SEND_BYTES = 256 * 1024;
    /** Payload of a frame unless one event alone is larger. */
    public static final int FRAME_BYTES = 32 * 1024;
    /** How long a turn of a lane writes before it yields. */
    public static final Duration PASS_TIME = Duration.ofMillis(1);

    int historyEvents = DEFAULT_HISTORY_EVENTS;
    long historyBytes = DEFAULT_HISTORY_BYTES;
    Duration historyAge = DEFAULT_HISTORY_AGE;
    long historyTotalBytes = Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 4);
    int maxTopics = DEFAULT_MAX_TOPICS;
    OverflowPolicy overflow = OverflowPolicy.DISCONNECT;
    Observer observer = Observer.NONE;

    int directSendEvents = DEFAULT_DIRECT_SEND_EVENTS;
    int directSendBytes = DEFAULT_DIRECT_SEND_BYTES;
    DirectSendPolicy directSendPolicy = DirectSendPolicy.REFUSE;

    @Nullable
    Executor userExecutor;

    LongSupplier clock = System::nanoTime;

    @Nullable
    Long epoch;

    HubBuilder() {}

    /** How many events each topic keeps. */
    public HubBuilder historyEvents(int events) {
        historyEvents = Math.toIntExact(atLeast("historyEvents", events, 1, 1 << 28));
        return this;
    }

    /** How many bytes each topic keeps; the newest event is kept even if it is larger. */
    public HubBuilder historyBytes(long bytes) {
        historyBytes = atLeast("historyBytes", bytes, 1, Long.MAX_VALUE);
        return this;
    }

    /** How long events are kept. */
    public HubBuilder historyAge(Duration age) {
        if (age.isNegative() || age.isZero() || age.compareTo(Duration.ofDays(3650)) > 0) {
            throw new IllegalArgumentException("historyAge: " + age + " (expected: more than 0, at most 3650 days)");
        }
        historyAge = age;
        return this;
    }

    /** How many bytes all topics keep together; past it the hub's oldest event goes. A quarter of the heap by default. */
    public HubBuilder historyTotalBytes(long bytes) {
        historyTotalBytes = atLeast("historyTotalBytes", bytes, 1, Long.MAX_VALUE);
        return this;
    }

    /** How many topics there may be; past it an event for a new topic is refused. */
    public HubBuilder maxTopics(int topics) {
        maxTopics = Math.toIntExact(atLeast("maxTopics", topics, 1, Integer.MAX_VALUE));
        return this;
    }

    /** What happens to a client that the history has passed by. */
    public HubBuilder overflow(OverflowPolicy policy) {
        overflow = Objects.requireNonNull(policy, "overflow");
        return this;
    }

    /** Who hears what happens. */
    public HubBuilder observer(Observer newObserver) {
        observer = Objects.requireNonNull(newObserver, "observer");
        return this;
    }

    /** How many direct sends of a source may wait in the small queue of one sink while its client does not read. */
    public HubBuilder directSendEvents(int events) {
        directSendEvents = Math.toIntExact(atLeast("directSendEvents", events, 1, 1 << 20));
        return this;
    }

    /** How many bytes they may have; one event may wait even if it is larger, and one that found the sink writable. */
    public HubBuilder directSendBytes(int bytes) {
        directSendBytes = Math.toIntExact(atLeast("directSendBytes", bytes, 1, 1 << 30));
        return this;
    }

    /** What happens to a direct send that finds that queue full; it is refused by default. */
    public HubBuilder directSendPolicy(DirectSendPolicy policy) {
        directSendPolicy = Objects.requireNonNull(policy, "directSendPolicy");
        return this;
    }

    /**
     * Where sources and listeners run; they may block there. The executor stays its owner's. By default each runs on a
     * virtual thread where the JDK has them, else on a thread of a pool that grows with the sources that block.
     */
    public HubBuilder userExecutor(Executor executor) {
        userExecutor = Objects.requireNonNull(executor, "userExecutor");
        return this;
    }

    /** The clock by which events age, in nanoseconds. For tests. */
    HubBuilder clock(LongSupplier nanos) {
        clock = nanos;
        return this;
    }

    /** The epoch of the ids. For tests. */
    HubBuilder epoch(long newEpoch) {
        epoch = newEpoch;
        return this;
    }

    /** The hub with these options; changing the builder afterwards does not change it. */
    public Hub build() {
        try {
            return new Hub((HubBuilder) clone());
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    private static long atLeast(String option, long value, long least, long most) {
        if (value < least || value > most) {
            String range = most == Long.MAX_VALUE ? "at least " + least : "from " + least + " to " + most;
            throw new IllegalArgumentException(option + ": " + value + " (expected: " + range + ")");
        }
        return value;
    }
}
