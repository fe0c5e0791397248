package io.sluice.sse.hub;

import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Observer;
import io.sluice.sse.backplane.Backplane;
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
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The options of a {@link Hub}. Each is checked when it is set. Not thread-safe; the hub takes a copy. */
public final class HubBuilder {

    /** The default of {@link #historyEvents(int)}. */
    public static final int DEFAULT_HISTORY_EVENTS = 1000;
    /** The default of {@link #historyBytes(long)}. */
    public static final long DEFAULT_HISTORY_BYTES = 16L << 20;
    /** The default of {@link #historyAge(Duration)}. */
    public static final Duration DEFAULT_HISTORY_AGE = Duration.ofMinutes(10);
    /** The default of {@link #maxTopics(int)}. */
    public static final int DEFAULT_MAX_TOPICS = 1_000_000;
    /** The default of {@link #conflationKeys(int)}. */
    public static final int DEFAULT_CONFLATION_KEYS = 10_000;
    /** The default of {@link #conflationBytes(long)}. */
    public static final long DEFAULT_CONFLATION_BYTES = 16L << 20;
    /** The default of {@link #directSendEvents(int)}. */
    public static final int DEFAULT_DIRECT_SEND_EVENTS = 4096;
    /** The default of {@link #directSendBytes(int)}. */
    public static final int DEFAULT_DIRECT_SEND_BYTES = 256 * 1024;
    /** The default of {@link #historyQueueBytes(long)}. */
    public static final long DEFAULT_HISTORY_QUEUE_BYTES = 64L << 20;
    /** The default of {@link #catchUpBytes(long)}. */
    public static final long DEFAULT_CATCH_UP_BYTES = 64L << 20;
    /** The default of {@link #coalesce(Duration)}. */
    public static final Duration DEFAULT_COALESCE = Duration.ofMillis(15);

    private int historyEvents = DEFAULT_HISTORY_EVENTS;
    private long historyBytes = DEFAULT_HISTORY_BYTES;
    private Duration historyAge = DEFAULT_HISTORY_AGE;
    private long historyTotalBytes = Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 4);
    private int maxTopics = DEFAULT_MAX_TOPICS;
    private OverflowPolicy overflow = OverflowPolicy.DISCONNECT;
    private long catchUpBytes = DEFAULT_CATCH_UP_BYTES;
    private Duration coalesce = DEFAULT_COALESCE;
    private final TopicRuleList topics = new TopicRuleList();
    private int conflationKeys = DEFAULT_CONFLATION_KEYS;
    private long conflationBytes = DEFAULT_CONFLATION_BYTES;
    private final List<Presence> presences = new ArrayList<>();
    private Duration presenceExpiry = Duration.ofSeconds(15);
    private Observer observer = Observer.NONE;

    private @Nullable History history;
    private @Nullable Backplane backplane;

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
        historyEvents = checkedEvents(events);
        return this;
    }

    /**
     * How many bytes each topic keeps; the newest event is kept even if it is larger. 16 MiB by default.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder historyBytes(long bytes) {
        historyBytes = checkedBytes(bytes);
        return this;
    }

    /**
     * How long events are kept. 10 minutes by default.
     *
     * @throws IllegalArgumentException if it is not more than 0 and at most 3650 days
     */
    public HubBuilder historyAge(Duration age) {
        historyAge = checkedAge(age);
        return this;
    }

    /**
     * How many bytes all topics keep together. Above it the hub evicts its oldest event. The default is a quarter of
     * the heap, and at least 16 MiB.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder historyTotalBytes(long bytes) {
        historyTotalBytes = atLeast("historyTotalBytes", bytes, 1, Long.MAX_VALUE);
        return this;
    }

    /**
     * Stores the published events, so that they outlive the hub and the limits of its memory. The options above then
     * determine how many events stay in memory as well, and the history has limits of its own. The hub opens the
     * history when it is built, and closes it when it is closed. A history serves one hub. It cannot be combined with
     * topics that {@linkplain TopicSettings#conflate conflate}.
     */
    public HubBuilder history(History newHistory) {
        history = Objects.requireNonNull(newHistory, "history");
        return this;
    }

    /**
     * Joins the hub with those of other nodes. They share one sequence of events with the same ids, so that a client
     * may reconnect to any node. A backplane serves one hub, which opens it when it is built and closes it when it is
     * closed. All nodes need the same options of topics. It cannot be combined with a {@linkplain #history(History)
     * history}.
     */
    public HubBuilder backplane(Backplane newBackplane) {
        backplane = Objects.requireNonNull(newBackplane, "backplane");
        return this;
    }

    /**
     * How many bytes may wait to be written to the history. Above it publications fail until the history has caught up.
     * 64 MiB by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 1 GiB
     */
    public HubBuilder historyQueueBytes(long bytes) {
        historyQueueBytes = atLeast("historyQueueBytes", bytes, 1, 1L << 30);
        return this;
    }

    /**
     * How many topics the hub may have. Above it an event for a new topic is rejected, unless the new topic can take
     * the place of a finished one. That is a topic that {@linkplain TopicSettings#conflate conflates}, that was
     * published to longer ago than {@link #historyAge}, and that no subscriber has named. The one that was published to
     * least recently is evicted, which makes a gap. 1,000,000 by default.
     *
     * <p>A topic that keeps no event is there for its subscribers only. It does not count for publishers. Clients may
     * name new topics while the hub has less than this number of both kinds. Streams with more than 16 names may use
     * three quarters of it, and such topics may take a quarter of {@link #historyTotalBytes}.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder maxTopics(int topics) {
        maxTopics = Math.toIntExact(atLeast("maxTopics", topics, 1, Integer.MAX_VALUE));
        return this;
    }

    /**
     * What happens to a client after events that it has not received were evicted. A policy of a pattern or a
     * subscription takes precedence. {@link OverflowPolicy#DISCONNECT} by default.
     */
    public HubBuilder overflow(OverflowPolicy policy) {
        overflow = Objects.requireNonNull(policy, "overflow");
        return this;
    }

    /**
     * Options of the topics of a pattern: history, overflow policy, conflation. What they do not set is as for the rest
     * of the hub. Of several patterns the first one that matches a topic wins, with all of its options. A call with a
     * pattern that was given before adds to its options.
     *
     * <pre>{@code
     * hub.topics("answers/**", topic -> topic.historyEvents(20_000)
     *                 .historyAge(Duration.ofHours(1))
     *                 .overflow(OverflowPolicy.GAP))
     *         .topics("prices/*", TopicSettings::conflate);
     * }</pre>
     *
     * <p>{@link #build} fails if an earlier pattern matches all topics of a later one, whose options would have no
     * effect.
     *
     * @param pattern a topic pattern, or the name of one topic
     * @throws IllegalArgumentException if it is neither, or if an option is out of its range or set to another value
     *     before
     */
    public HubBuilder topics(String pattern, Consumer<? super TopicSettings> options) {
        Objects.requireNonNull(options, "options").accept(topics.of(pattern("topics", pattern)));
        return this;
    }

    /**
     * As {@link #overflow(OverflowPolicy)}, for the {@linkplain #topics topics} of this pattern. {@link OverflowPolicy}
     * describes which policy wins if several topics have lost events.
     *
     * @param pattern a topic pattern, or the name of one topic
     * @throws IllegalArgumentException as {@link #topics}
     */
    public HubBuilder overflow(String pattern, OverflowPolicy policy) {
        topics.of(pattern("overflow", pattern)).overflow(policy);
        return this;
    }

    /**
     * As {@link TopicSettings#conflate}, for the {@linkplain #topics topics} of this pattern.
     *
     * @param pattern a topic pattern, or the name of one topic
     * @throws IllegalArgumentException as {@link #topics}
     */
    public HubBuilder conflate(String pattern) {
        topics.of(pattern("conflate", pattern)).conflate();
        return this;
    }

    /**
     * How many keys the table of a topic that conflates may have. Above it the oldest event of the table is evicted,
     * which makes a gap. 10,000 by default.
     *
     * @throws IllegalArgumentException if it is less than 1, or more than 2<sup>28</sup>
     */
    public HubBuilder conflationKeys(int keys) {
        conflationKeys = Math.toIntExact(atLeast("conflationKeys", keys, 1, 1 << 28));
        return this;
    }

    /**
     * How many bytes the table of a topic that conflates may have. Above it the oldest event of the table is evicted,
     * which makes a gap. 16 MiB by default.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public HubBuilder conflationBytes(long bytes) {
        conflationBytes = atLeast("conflationBytes", bytes, 1, Long.MAX_VALUE);
        return this;
    }

    /**
     * How many bytes may be in flight to clients on each lane before clients that catch up get less. Above it each of
     * them gets one small frame, and the next one when it has taken that. So clients that all reconnect at once need at
     * most this many bytes, plus a small frame or one event per client. 64 MiB by default.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public HubBuilder catchUpBytes(long bytes) {
        catchUpBytes = atLeast("catchUpBytes", bytes, 0, Long.MAX_VALUE);
        return this;
    }

    /**
     * How long a busy lane may let an event wait for the next one, so that each client gets both in one write. A lane
     * is busy if its passes would otherwise take more than a quarter of its time; any other lane sends at once. 15 ms
     * by default; with 0 every lane sends at once.
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
     * Adds a presence, which counts the principals at topics or at the whole hub. If several patterns match a topic,
     * the first one counts. By default the hub has no presence.
     *
     * @throws IllegalArgumentException if the presence of the whole hub is added twice
     */
    public HubBuilder presence(Presence presence) {
        if (Objects.requireNonNull(presence, "presence").isOfHub()
                && presences.stream().anyMatch(Presence::isOfHub)) {
            throw new IllegalArgumentException(
                    "presence: " + presence + " (expected: only one presence of the whole hub)");
        }
        presences.add(presence);
        return this;
    }

    /**
     * With a backplane: about how long after a node was killed its clients leave the presence. Its streams count for
     * limits until then. Each node reports three times in this period that it is alive. 15 seconds by default.
     *
     * @throws IllegalArgumentException if it is not from 100 ms to 10 minutes
     */
    public HubBuilder presenceExpiry(Duration expiry) {
        Objects.requireNonNull(expiry, "expiry");
        if (expiry.compareTo(Duration.ofMillis(100)) < 0 || expiry.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("presenceExpiry: " + expiry + " (expected: from 100 ms to 10 minutes)");
        }
        presenceExpiry = expiry;
        return this;
    }

    /** The observer of the hub. None by default; the last call counts. */
    public HubBuilder observer(Observer newObserver) {
        observer = Objects.requireNonNull(newObserver, "observer");
        return this;
    }

    /**
     * How many direct sends may wait in the queue of one sink while its client does not read. 4,096 by
     * default; {@link #directSendBytes} is usually reached first.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>20</sup>
     */
    public HubBuilder directSendEvents(int events) {
        directSendEvents = Math.toIntExact(atLeast("directSendEvents", events, 1, 1 << 20));
        return this;
    }

    /**
     * How many bytes of direct sends may wait in the queue of one sink. An event of any size may wait in an empty
     * queue, or if the sink was writable. 256 KiB by default.
     *
     * @throws IllegalArgumentException if it is not from 1 to 1 GiB
     */
    public HubBuilder directSendBytes(int bytes) {
        directSendBytes = Math.toIntExact(atLeast("directSendBytes", bytes, 1, 1 << 30));
        return this;
    }

    /** What happens to a direct send if the queue is full. By default it is rejected. */
    public HubBuilder directSendPolicy(DirectSendPolicy policy) {
        directSendPolicy = Objects.requireNonNull(policy, "directSendPolicy");
        return this;
    }

    /**
     * Where sources and listeners run. They may block there. The hub never shuts this executor down. By default each of
     * them runs on a virtual thread if the JDK has these, otherwise on a thread of a pool that grows with the blocking
     * sources.
     *
     * <p>A blocking source, and any other work of {@link io.sluice.sse.Scope#fork}, occupies a thread until it ends. So
     * an executor with a fixed number of threads limits how many of them run at a time. The others wait for a thread,
     * and so does all other user code.
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

    /** The time of day, for {@link StartPosition#since} and for the history. For tests. */
    HubBuilder wallClock(InstantSource now) {
        wallClock = now;
        return this;
    }

    /** The timer that evicts old events. For tests. */
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
     * Builds a hub with these options. Later changes of the builder do not affect it.
     *
     * @throws IllegalArgumentException if the hub has a history, and topics conflate or it has a backplane as well; or
     *     if the options of {@link #topics} contradict each other
     * @throws io.sluice.sse.history.HistoryException if the history cannot be opened
     */
    public Hub build() {
        if (backplane != null && history != null) {
            throw new IllegalArgumentException("history: " + history + " (expected: no history with a backplane)");
        }
        topics.check(history != null, historyTotalBytes);
        return new Hub(this);
    }

    // ---- the options as values, for the hub

    LogOptions logOptions() {
        return new LogOptions(
                new LogOptions.Retention(historyEvents, historyBytes, historyAge, historyTotalBytes),
                new LogOptions.TopicRules(maxTopics, overflow, topics.rules(), liveOnly()),
                new LogOptions.ConflationBounds(conflationKeys, conflationBytes),
                new LogOptions.Clocks(clock, wallClock, timer),
                history == null ? null : new LogOptions.HistoryOptions(history, historyQueueBytes),
                backplane != null && backplane.isReadable());
    }

    /** The topics of joins and leaves are live-only: what is true now is never replayed as news. */
    private @Nullable Predicate<String> liveOnly() {
        List<Presence> published =
                presences.stream().filter(Presence::hasEvents).toList();
        return published.isEmpty() ? null : name -> published.stream().anyMatch(presence -> presence.publishesTo(name));
    }

    DeliveryOptions deliveryOptions() {
        return new DeliveryOptions(
                overflow,
                catchUpBytes,
                coalesce,
                new DeliveryOptions.DirectSendBounds(directSendEvents, directSendBytes, directSendPolicy));
    }

    Duration presenceExpiry() {
        return presenceExpiry;
    }

    List<Presence> presences() {
        return List.copyOf(presences);
    }

    Observer observer() {
        return observer;
    }

    @Nullable
    Backplane backplane() {
        return backplane;
    }

    @Nullable
    Executor userExecutor() {
        return userExecutor;
    }

    @Nullable
    Long epoch() {
        return epoch;
    }

    private static int checkedEvents(int events) {
        return Math.toIntExact(atLeast("historyEvents", events, 1, 1 << 28));
    }

    private static long checkedBytes(long bytes) {
        return atLeast("historyBytes", bytes, 1, Long.MAX_VALUE);
    }

    private static Duration checkedAge(Duration age) {
        Objects.requireNonNull(age, "historyAge");
        if (age.isNegative() || age.isZero() || age.compareTo(Duration.ofDays(3650)) > 0) {
            throw new IllegalArgumentException("historyAge: " + age + " (expected: more than 0, at most 3650 days)");
        }
        return age;
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

    /** The options of the topics of one pattern, see {@link HubBuilder#topics}. Not thread-safe. */
    public static final class TopicSettings {

        private final TopicPattern pattern;
        private @Nullable Integer events;
        private @Nullable Long bytes;
        private @Nullable Duration age;
        private @Nullable OverflowPolicy overflow;
        private boolean conflates;

        TopicSettings(TopicPattern pattern) {
            this.pattern = pattern;
        }

        /** As {@link HubBuilder#historyEvents}, for each of these topics. */
        public TopicSettings historyEvents(int count) {
            events = once("historyEvents", events, checkedEvents(count));
            return this;
        }

        /** As {@link HubBuilder#historyBytes}, for each of these topics. */
        public TopicSettings historyBytes(long count) {
            bytes = once("historyBytes", bytes, checkedBytes(count));
            return this;
        }

        /** As {@link HubBuilder#historyAge}, for the events of these topics. */
        public TopicSettings historyAge(Duration limit) {
            age = once("historyAge", age, checkedAge(limit));
            return this;
        }

        /** As {@link HubBuilder#overflow(OverflowPolicy)}, for these topics. */
        public TopicSettings overflow(OverflowPolicy policy) {
            overflow = once("overflow", overflow, Objects.requireNonNull(policy, "overflow"));
            return this;
        }

        /**
         * Makes the topics conflate: for each {@linkplain io.sluice.sse.Event.Builder#key key} the latest event stays
         * when the ring has no room for it any more. It moves to a table of the topic, which {@link #conflationKeys}
         * and {@link #conflationBytes} limit. Events in the table do not age. An event can leave the ring without a gap
         * if a newer event with the same key was published. Events without a key are evicted as in other topics. {@link
         * #historyTotalBytes} includes the tables and may evict events from them. An event with a key and without data
         * removes the key. By default no topic conflates.
         */
        public TopicSettings conflate() {
            conflates = true;
            return this;
        }

        private <T> T once(String option, @Nullable T before, T value) {
            if (before != null && !before.equals(value)) {
                throw new IllegalArgumentException(
                        option + ": " + value + " (expected: one value for " + pattern + ", which has " + before + ")");
            }
            return value;
        }

        LogOptions.TopicRule rule() {
            return new LogOptions.TopicRule(pattern, events, bytes, age, overflow, conflates);
        }
    }
}
