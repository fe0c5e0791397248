package io.sluice.sse.hub;

import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Observer;
import io.sluice.sse.history.History;
import io.sluice.sse.hub.core.DeliveryOptions;
import io.sluice.sse.hub.log.Expirer;
import io.sluice.sse.hub.log.LogOptions;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicPattern;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The options of a {@link Hub}, checked as they are set. Not thread-safe; the hub takes a copy.
 */
public final class HubBuilder {

    /** Events kept per topic unless said otherwise. */
    public static final int DEFAULT_HISTORY_EVENTS = 1000;
    /** Bytes kept per topic unless said otherwise. */
    public static final long DEFAULT_HISTORY_BYTES = 16L << 20;
    /** Age up to which events are kept unless said otherwise. */
    public static final Duration DEFAULT_HISTORY_AGE = Duration.ofMinutes(10);
    /** Topics a hub may have unless said otherwise. */
    public static final int DEFAULT_MAX_TOPICS = 1_000_000;
    /** Keys in the table of a topic that conflates, unless said otherwise. */
    public static final int DEFAULT_CONFLATION_KEYS = 10_000;
    /** Bytes in the table of a topic that conflates, unless said otherwise. */
    public static final long DEFAULT_CONFLATION_BYTES = 16L << 20;
    /** Direct sends that may wait for a client unless said otherwise. */
    public static final int DEFAULT_DIRECT_SEND_EVENTS = 64;
    /** Their bytes unless said otherwise. */
    public static final int DEFAULT_DIRECT_SEND_BYTES = 256 * 1024;
    /** Bytes that may wait to be written to a history, unless said otherwise. */
    public static final long DEFAULT_HISTORY_QUEUE_BYTES = 64L << 20;
    /** Bytes that those who catch up may hold on a lane, unless said otherwise. */
    public static final long DEFAULT_CATCH_UP_BYTES = 64L << 20;
    /** How long a busy lane lets an event wait for the next one unless said otherwise. */
    public static final Duration DEFAULT_COALESCE = Duration.ofMillis(15);

    private int historyEvents = DEFAULT_HISTORY_EVENTS;
    private long historyBytes = DEFAULT_HISTORY_BYTES;
    private Duration historyAge = DEFAULT_HISTORY_AGE;
    private long historyTotalBytes = Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 4);
    private int maxTopics = DEFAULT_MAX_TOPICS;
    private OverflowPolicy overflow = OverflowPolicy.DISCONNECT;
    private long catchUpBytes = DEFAULT_CATCH_UP_BYTES;
    private Duration coalesce = DEFAULT_COALESCE;
    private final List<LogOptions.PatternPolicy> overflows = new ArrayList<>();
    private final List<TopicPattern> conflated = new ArrayList<>();
    private int conflationKeys = DEFAULT_CONFLATION_KEYS;
    private long conflationBytes = DEFAULT_CONFLATION_BYTES;
    private final List<Presence> presences = new ArrayList<>();
    private Observer observer = Observer.NONE;

    private @Nullable History history;

    private long historyQueueBytes = DEFAULT_HISTORY_QUEUE_BYTES;

    private int directSendEvents = DEFAULT_DIRECT_SEND_EVENTS;
    private int directSendBytes = DEFAULT_DIRECT_SEND_BYTES;
    private DirectSendPolicy directSendPolicy = DirectSendPolicy.REFUSE;

    private @Nullable Executor userExecutor;

    private LongSupplier clock = System::nanoTime;
    private InstantSource wallClock = InstantSource.system();
    private Expirer.Timer timer = Expirer.TIMER;

    private @Nullable Long epoch;

    HubBuilder() {}

    /**
     * How many events each topic keeps. 1000 by default.
     *
     * @throws IllegalArgumentException if it is less than 1, or more than 2<sup>28</sup>
     */
    public HubBuilder historyEvents(int events) {
        historyEvents = Math.toIntExact(atLeast("historyEvents", events, 1, 1 << 28));
        return this;
    }

    /**
     * How many bytes each topic keeps; the newest event is kept even if it is larger. 16 MiB by default.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder historyBytes(long bytes) {
        historyBytes = atLeast("historyBytes", bytes, 1, Long.MAX_VALUE);
        return this;
    }

    /**
     * How long events are kept. 10 minutes by default.
     *
     * @throws IllegalArgumentException if it is not more than 0 and at most 3650 days
     */
    public HubBuilder historyAge(Duration age) {
        Objects.requireNonNull(age, "historyAge");
        if (age.isNegative() || age.isZero() || age.compareTo(Duration.ofDays(3650)) > 0) {
            throw new IllegalArgumentException("historyAge: " + age + " (expected: more than 0, at most 3650 days)");
        }
        historyAge = age;
        return this;
    }

    /**
     * How many bytes all topics keep together; past it the hub's oldest event goes. A quarter of the heap by default.
     * At least 16 MiB then.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder historyTotalBytes(long bytes) {
        historyTotalBytes = atLeast("historyTotalBytes", bytes, 1, Long.MAX_VALUE);
        return this;
    }

    /**
     * Keeps what is published beyond this hub's memory, and beyond its life: the options above then say how much of it
     * stays in memory as well, and the history has bounds of its own. The hub opens it when it is built and closes it when
     * it is closed; a history serves one hub. It cannot be had together with {@link #conflate}.
     */
    public HubBuilder history(History newHistory) {
        history = Objects.requireNonNull(newHistory, "history");
        return this;
    }

    /**
     * How many bytes may wait to be written to the history; past it publications fail until it has caught up. 64 MiB
     * by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 1 GiB
     */
    public HubBuilder historyQueueBytes(long bytes) {
        historyQueueBytes = atLeast("historyQueueBytes", bytes, 1, 1L << 30);
        return this;
    }

    /**
     * How many topics there may be; past it an event for a new topic is refused. 1,000,000 by default.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder maxTopics(int topics) {
        maxTopics = Math.toIntExact(atLeast("maxTopics", topics, 1, Integer.MAX_VALUE));
        return this;
    }

    /**
     * What happens to a client that the history has passed by, where no pattern and no subscription says otherwise.
     * {@link OverflowPolicy#DISCONNECT} by default.
     */
    public HubBuilder overflow(OverflowPolicy policy) {
        overflow = Objects.requireNonNull(policy, "overflow");
        return this;
    }

    /**
     * What happens to a client that the history of a topic of this pattern has passed by. The first pattern given that
     * stands for the topic wins. See {@link OverflowPolicy} for who decides where several do.
     *
     * @param pattern a topic pattern, or the name of one topic
     * @throws IllegalArgumentException if it is neither
     */
    public HubBuilder overflow(String pattern, OverflowPolicy policy) {
        overflows.add(
                new LogOptions.PatternPolicy(pattern("overflow", pattern), Objects.requireNonNull(policy, "overflow")));
        return this;
    }

    /**
     * Topics of this pattern conflate: of each {@linkplain io.sluice.sse.Event.Builder#key key} the latest event stays
     * when the ring has no place for it any more, in a table of the topic that {@link #conflationKeys} and {@link
     * #conflationBytes} bound, and that does not age. An event of which a newer one with the same key was published can
     * leave the ring without a gap. Events without a key are kept and missed as ever. {@link #historyTotalBytes} counts
     * the tables too, and may let what is in them go. By default no topic conflates.
     *
     * @param pattern a topic pattern, or the name of one topic
     * @throws IllegalArgumentException if it is neither
     */
    public HubBuilder conflate(String pattern) {
        conflated.add(pattern("conflate", pattern));
        return this;
    }

    /**
     * How many keys the table of a topic that conflates has; past it the oldest event in it goes, and makes a gap.
     * 10,000 by default.
     *
     * @throws IllegalArgumentException if it is less than 1, or more than 2<sup>28</sup>
     */
    public HubBuilder conflationKeys(int keys) {
        conflationKeys = Math.toIntExact(atLeast("conflationKeys", keys, 1, 1 << 28));
        return this;
    }

    /**
     * How many bytes the table of a topic that conflates has; past it the oldest event in it goes, and makes a gap.
     * 16 MiB by default.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder conflationBytes(long bytes) {
        conflationBytes = atLeast("conflationBytes", bytes, 1, Long.MAX_VALUE);
        return this;
    }

    /**
     * How many bytes may be on their way to clients on each lane before those that catch up, each from a place of its own,
     * get less: one small frame at a time, and the next when the client has taken it. So a crowd that comes back at once
     * costs no more than this and a small frame, or one event, for each. 64 MiB by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public HubBuilder catchUpBytes(long bytes) {
        catchUpBytes = atLeast("catchUpBytes", bytes, 0, Long.MAX_VALUE);
        return this;
    }

    /**
     * How long a lane that is busy may let an event wait for the next one, so that both leave in one write to each client.
     * Busy is one whose passes to its clients would otherwise take more than a quarter of its time; any other sends at once. 15 ms by
     * default; 0 sends at once whatever that costs.
     *
     * @throws IllegalArgumentException if it is not from 0 to 1 second
     */
    public HubBuilder coalesce(Duration longest) {
        Objects.requireNonNull(longest, "coalesce");
        if (longest.isNegative() || longest.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new IllegalArgumentException("coalesce: " + longest + " (expected: from 0 to 1 second)");
        }
        coalesce = longest;
        return this;
    }

    /**
     * Keeps count of who is there. Several may be given: for a topic, the first whose pattern stands for it counts.
     * By default nobody is counted.
     *
     * @throws IllegalArgumentException if that of the hub as a whole is given twice
     */
    public HubBuilder presence(Presence presence) {
        if (Objects.requireNonNull(presence, "presence").isOfHub()
                && presences.stream().anyMatch(Presence::isOfHub)) {
            throw new IllegalArgumentException(
                    "presence: " + presence + " (expected: that of the hub as a whole once at the most)");
        }
        presences.add(presence);
        return this;
    }

    /** Who hears what happens. Nobody by default; the last one given counts. */
    public HubBuilder observer(Observer newObserver) {
        observer = Objects.requireNonNull(newObserver, "observer");
        return this;
    }

    /**
     * How many direct sends of a source may wait in the small queue of one sink while its client does not read. 64 by
     * default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>20</sup>
     */
    public HubBuilder directSendEvents(int events) {
        directSendEvents = Math.toIntExact(atLeast("directSendEvents", events, 1, 1 << 20));
        return this;
    }

    /**
     * How many bytes they may have; one event may wait even if it is larger, and one that found the sink writable.
     * 256 KiB by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 1 GiB
     */
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
     *
     * <p>An executor of a fixed number of threads bounds the blocking sources, and other work of {@link io.sluice.sse.Scope#fork}, that
     * run at a time: each holds a thread until it ends. What is more waits for a thread, as does all other user code.
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

    /** The time of day, for {@link StartPosition#since} and for what a history keeps. For tests. */
    HubBuilder wallClock(InstantSource now) {
        wallClock = now;
        return this;
    }

    /** What lets old events go when their time has come. For tests. */
    HubBuilder timer(Expirer.Timer newTimer) {
        timer = newTimer;
        return this;
    }

    /** The epoch of the ids. For tests. */
    HubBuilder epoch(long newEpoch) {
        epoch = newEpoch;
        return this;
    }

    /**
     * The hub with these options; changing the builder afterwards does not change it.
     *
     * @throws IllegalArgumentException if a history is to be kept of topics that conflate
     * @throws io.sluice.sse.history.HistoryException if the history cannot be opened
     */
    public Hub build() {
        if (history != null && !conflated.isEmpty()) {
            throw new IllegalArgumentException(
                    "conflate: " + conflated.get(0) + " (expected: no topic that conflates in a hub with a history)");
        }
        return new Hub(this);
    }

    // ---- the options as values, for the hub

    LogOptions logOptions() {
        return new LogOptions(
                new LogOptions.Retention(historyEvents, historyBytes, historyAge, historyTotalBytes),
                new LogOptions.TopicRules(maxTopics, overflow, overflows, conflated),
                new LogOptions.ConflationBounds(conflationKeys, conflationBytes),
                new LogOptions.Clocks(clock, wallClock, timer),
                history == null ? null : new LogOptions.HistoryOptions(history, historyQueueBytes));
    }

    DeliveryOptions deliveryOptions() {
        return new DeliveryOptions(
                overflow,
                catchUpBytes,
                coalesce,
                new DeliveryOptions.DirectSendBounds(directSendEvents, directSendBytes, directSendPolicy));
    }

    List<Presence> presences() {
        return List.copyOf(presences);
    }

    Observer observer() {
        return observer;
    }

    @Nullable
    Executor userExecutor() {
        return userExecutor;
    }

    @Nullable
    Long epoch() {
        return epoch;
    }

    private static TopicPattern pattern(String option, String pattern) {
        Objects.requireNonNull(pattern, option);
        try {
            return TopicPattern.of(pattern);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage() + " (expected: a topic pattern)", e);
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
