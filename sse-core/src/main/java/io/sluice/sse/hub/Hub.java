package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.hub.core.HubCounters;
import io.sluice.sse.hub.core.SmallestFirst;
import io.sluice.sse.hub.core.UserCodeFailures;
import io.sluice.sse.hub.core.UserExecutor;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneRegistry;
import io.sluice.sse.hub.log.HubHistory;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.LocalSequencer;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.LogOptions;
import io.sluice.sse.hub.log.Sequencer;
import io.sluice.sse.hub.log.SharedSequencer;
import io.sluice.sse.hub.log.SubscriberCount;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.SinkInfo;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEndedException;
import io.sluice.sse.topic.TopicEvent;
import io.sluice.sse.topic.TopicInfo;
import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One ordered sequence of events. It is kept by topic and delivered to the sinks that subscribe.
 *
 * <p>Thread-safe. {@link #publish} never blocks on the network, runs no code of a client, and cannot fail because of a
 * client. Its cost does not depend on the number of clients, except for one wake-up per lane.
 */
public final class Hub implements AutoCloseable {

    /**
     * The most events of a batch, each counted once for each of its topics. Other publishers and all lanes wait while a
     * batch is appended, about a microsecond for each event and topic.
     */
    public static final int MAX_BATCH = 200_000;

    private final HubLog log;
    private final Sequencer sequencer;
    /** The sequencer, if the hub shares its sequence with other nodes; otherwise null. */
    private final @Nullable SharedSequencer shared;

    private final HubCore core;
    private final HubPublisher publisher;
    private final LaneRegistry lanes;
    private final RejectionCounts rejections = new RejectionCounts();
    private final Presences presences;
    private final LocalSubscribers local;

    Hub(HubBuilder options) {
        LogOptions logOptions = options.logOptions();
        LogOptions.Clocks clocks = logOptions.clocks();
        this.log = new HubLog(logOptions);
        this.presences = new Presences(this, options.presences(), clocks);
        UserExecutor userExecutor = new UserExecutor(options.userExecutor(), clocks.nanos());
        Backplane backplane = options.backplane();
        this.shared = backplane == null ? null : new SharedSequencer(log, backplane);
        this.sequencer = shared == null ? new LocalSequencer(log, log.start(options.epoch(), userExecutor)) : shared;
        HubCore.UserCode userCode = new HubCore.UserCode(
                options.observer(), new UserCodeFailures(clocks.nanos(), clocks.timer()), userExecutor, clocks.timer());
        this.core = new HubCore(log, sequencer, options.deliveryOptions(), userCode, presences);
        this.publisher = new HubPublisher(core, shared != null);
        this.lanes = new LaneRegistry(core);
        this.local = new LocalSubscribers(core, lanes, clocks.nanos());
        if (shared != null) {
            presences.share(shared, options.presenceExpiry());
            shared.open(options.epoch(), sequenceListener());
            SharedPresence everywhere = presences.shared();
            if (everywhere != null) {
                everywhere.start();
            }
        }
    }

    private SharedSequencer.Listener sequenceListener() {
        return new SharedSequencer.Listener() {
            @Override
            public void eventsLost() {
                SharedPresence everywhere = presences.shared();
                if (everywhere != null) {
                    everywhere.reportsLost();
                }
                lanes.wakeAll();
            }

            @Override
            public @Nullable Publication presence(Backplane.Change.NodePresence report) {
                SharedPresence everywhere = presences.shared();
                return everywhere == null ? null : everywhere.received(report);
            }

            @Override
            public void eventRefused(RuntimeException cause) {
                core.counters().logRefusedEvent(cause);
                lanes.wakeAll();
            }

            @Override
            public void revoked(String principal) {
                revokeHere(principal);
            }
        };
    }

    /** The options of a new hub. */
    public static HubBuilder builder() {
        return new HubBuilder();
    }

    /** A hub with the default options. */
    public static Hub create() {
        return builder().build();
    }

    /**
     * Publishes an event to a topic.
     *
     * @param event with data, because clients do not dispatch an event without data. An event with a key and without
     *     data is not sent: it removes the key from topics that conflate, with the latest event that they keep. An id
     *     in the event is the publisher's and must be unique among the kept events: if an event with the same id is
     *     kept, the result is that event, and nothing is published
     * @return completes with the id when the event has its place in the sequence, which is before this method returns.
     *     If the hub has a history that syncs each event, it completes when the event is on the disk. With a backplane
     *     it completes later, when this hub has read the event from there. Dependents of the stage run on the one
     *     thread that completes all publications then, so they must not block. It fails with
     *     {@link TopicLimitException}, {@link TopicEndedException}, {@link ClosedException}, {@link HistoryException}
     *     or {@link BackplaneException}
     * @throws IllegalArgumentException if the name of the topic or the event cannot be published
     */
    public CompletionStage<Published> publish(String topic, Event event) {
        return publish(new Publication(topic, event));
    }

    /**
     * Publishes an event to several topics. It has one place in the sequence and one id, and a client that subscribes
     * to several of the topics gets it once.
     *
     * @return as {@link #publish(String, Event)}; if the hub has no room for one of the topics, nothing is published
     * @throws IllegalArgumentException as {@link #publish(String, Event)}, and if there is no topic or more than {@link
     *     Publication#MAX_TOPICS}
     */
    public CompletionStage<Published> publish(Collection<String> topics, Event event) {
        return publish(Publication.of(event, topics));
    }

    /** As {@link #publish(Collection, Event)}, for the recipients of the publication. */
    public CompletionStage<Published> publish(Publication publication) {
        return publisher.publish(publication);
    }

    /**
     * Publishes several events, next to each other in the sequence and in this order: all of them or none.
     *
     * @param publications at most {@link #MAX_BATCH}, each counted once for each of its topics
     * @return as {@link #publish}, one result for each event, in order
     * @throws IllegalArgumentException as {@link #publish}, and if there are too many; nothing is published then
     */
    public CompletionStage<List<Published>> publishAll(List<Publication> publications) {
        return publisher.publishAll(publications);
    }

    /**
     * Publishes the last event of a topic, which ends with it. A stream that subscribes to this one topic by its name,
     * and that no source fills, gets the rest of the topic with this event. Then it ends for good, with {@link
     * CloseReason#TOPIC_ENDED}. Streams with other topics, or with patterns, stay open. {@link Publication#asLast} does
     * the same in a batch, for several topics, or for some recipients. The end is for all clients then.
     *
     * <p>Later a client of this topic alone gets what is kept from where it starts, and then the end. If it asks for
     * neither an id, a time nor a replay, it gets everything that is kept, since nothing follows.
     *
     * <p>The topic has ended until its last event reaches the age of the topic's history, even if a bound evicts the
     * event before. Then the hub forgets the end, and the name is new again. {@link #remove} forgets it at once. A
     * durable history keeps the end across restarts.
     *
     * @return as {@link #publish(String, Event)}; it fails with {@link TopicEndedException} if the topic has ended. A
     *     last event with an id of its publisher may be repeated while it is kept
     * @throws IllegalArgumentException as {@link #publish(String, Event)}; if the event has no data; if a presence
     *     publishes to the topic; if the event has the id of a kept event and the topic has not ended
     */
    public CompletionStage<Published> end(String topic, Event lastEvent) {
        return publish(new Publication(topic, lastEvent).asLast());
    }

    /**
     * Removes a topic with everything that it holds now: its events, the latest events of its keys, and the ids that
     * their publishers chose. If the topic has {@linkplain #end ended}, the hub forgets that. Events that are published
     * to the topic later are kept as those of a new topic.
     *
     * <p>Clients that subscribe to the topic stay subscribed, and get nothing for the removal. A client that has not
     * read all of the removed events meets the overflow policy, or gets a gap when it reconnects.
     *
     * @return completes with whether the hub had the topic, when nothing of it is kept any more. Without a history that
     *     is before this method returns; a history removes the topic after it has stored earlier events. It fails with
     *     {@link ClosedException} or {@link HistoryException}
     * @throws IllegalArgumentException if the name is not a topic name
     */
    public CompletionStage<Boolean> remove(String topic) {
        TopicPattern.checkName(topic);
        try {
            return sequencer.remove(topic);
        } catch (ClosedException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    /**
     * Subscribes code of this process. The consumer gets events as a client does: from {@code start}, once, in order,
     * and a gap ({@link io.sluice.sse.Gap#EVENT_NAME}, with an empty topic) exactly when it missed something. It is
     * called on the {@linkplain HubBuilder#userExecutor user executor}, by one thread at a time, and may block. While
     * it does, at most a frame of events waits for it. The others stay in their topics, whose overflow policy decides
     * about those that are evicted.
     *
     * <p>If the consumer throws, the failure is logged and counted, and the subscriber is closed with {@link
     * CloseReason#SOURCE_FAILED}. It gets nothing more, so that it cannot lose an event silently. It may subscribe
     * again after the id of the last event that it has handled.
     *
     * @return completes when the subscriber has begun. It is a sink: {@link HubSink#close} ends it, its scope reports
     *     its end, and it may subscribe to more topics. A consumer that runs is interrupted then, unless its topic has
     *     {@linkplain #end ended}. The stage fails as {@link HubSink#subscribe} does
     */
    public CompletionStage<HubSink> subscribe(
            Selector selector, StartPosition start, Consumer<? super TopicEvent> consumer) {
        return local.subscribe(selector, start, consumer);
    }

    /**
     * As {@link #subscribe}, as a publisher of Reactive Streams. Each of its subscribers begins at {@code start}, gets
     * as many events as it requests, gaps included, and has a position of its own. It is completed when its one topic
     * has {@linkplain #end ended}. Any other end is an error: a {@link ClosedException} with the reason, or what
     * {@link #subscribe} fails with.
     */
    public Flow.Publisher<TopicEvent> publisher(Selector selector, StartPosition start) {
        return local.publisher(selector, start);
    }

    /**
     * How many distinct sinks of this hub subscribe to the topic now, by name or by pattern. Filters are not
     * considered.
     */
    public int subscribers(String topic) {
        return log.locked(() -> SubscriberCount.count(log.topics().find(topic)));
    }

    /** How many distinct sinks of this hub subscribe to at least one of the topics now. */
    public int subscribers(Collection<String> topics) {
        return log.locked(() -> SubscriberCount.count(
                topics.stream().map(log.topics()::find).filter(Objects::nonNull).toList()));
    }

    /**
     * Describes topics, in the order of their names. It looks at each topic of the hub, of which there can be a
     * million, so do not call it on a lane.
     *
     * @param after begin after this name; null to begin with the first
     * @param limit how many topics to describe at most
     * @throws IllegalArgumentException if {@code limit} is less than 1
     */
    public List<TopicInfo> topics(@Nullable String after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: 1 or more)");
        }
        // Selected outside the lock, because publishers wait for the lock.
        List<Topic> all = log.locked(() -> List.copyOf(log.topicsForReading().all()));
        SmallestFirst<Topic> first = new SmallestFirst<>(Comparator.comparing(each -> each.name), limit);
        all.stream()
                .filter(topic -> after == null || topic.name.compareTo(after) > 0)
                .forEach(first::offer);
        List<TopicInfo> page = new ArrayList<>();
        for (Topic topic : first.selected()) {
            // Locked for each topic: counting its subscribers may visit each sink.
            TopicInfo info = log.locked(() -> topic.isRemoved() ? null : describe(topic));
            if (info != null) {
                page.add(info);
            }
        }
        return page;
    }

    private TopicInfo describe(Topic topic) {
        return new TopicInfo(
                topic.name,
                SubscriberCount.count(List.of(topic)),
                topic.log.keptEvents(),
                topic.log.keptBytes(),
                idOf(topic.log.oldestKeptPosition(), topic.log.oldestKept()),
                idOf(topic.log.newestKeptPosition(), topic.log.newestKept()));
    }

    /** @param entry the entry at that position; another or null if the event is in the history only */
    private @Nullable String idOf(long position, @Nullable LogEntry entry) {
        if (position == 0) {
            return null;
        }
        String publisherId = entry == null || entry.position != position ? null : entry.publisherId();
        return publisherId == null ? sequencer.idOf(position) : publisherId;
    }

    /** The id of the position of the newest event. A client that subscribes now begins there. */
    public String headId() {
        return sequencer.idOf(log.head());
    }

    /**
     * The principals that are present at the topic now, sorted, in a copy. Empty if no {@link Presence} of the hub
     * counts the topic. It includes principals in their grace period, and principals whose join or leave is not yet
     * reported.
     */
    public Set<String> members(String topic) {
        return presences.members(topic);
    }

    /** As {@link #members(String)}, for the hub as a whole. */
    public Set<String> members() {
        return presences.members();
    }

    /** What clients own now. */
    public Ledger ledger() {
        return core.ledger();
    }

    /** How many requests were rejected, by reason. */
    public RejectionCounts rejections() {
        return rejections;
    }

    /**
     * Whether the durable history has failed, for example because the disk is full. Every publication fails until the
     * history can be written again, which the hub tries from time to time ({@link
     * io.sluice.sse.history.History#reopen}). A probe for readiness should report that. False without a history.
     */
    public boolean hasHistoryFailed() {
        HubHistory history = log.history();
        return history != null && history.hasFailed();
    }

    /** How the {@linkplain HubBuilder#backplane backplane} is; nothing if the hub has none. */
    public Optional<Backplane.Status> backplane() {
        return Optional.ofNullable(shared).map(SharedSequencer::status);
    }

    /** The figures of this hub. */
    public HubStats stats() {
        long[] kept = log.locked(() -> new long[] {
            log.topicsForReading().size(),
            log.bounds().totalEvents(),
            log.bounds().totalBytes()
        });
        HubCounters counters = core.counters();
        Map<CloseReason, Long> closed = new EnumMap<>(CloseReason.class);
        for (CloseReason reason : CloseReason.values()) {
            closed.put(reason, counters.closed(reason));
        }
        return new HubStats(
                kept[0],
                kept[1],
                kept[2],
                counters.published(),
                lanes.delivered(),
                counters.frames(),
                counters.gaps(),
                counters.opened(),
                closed,
                core.failures().count(),
                counters.blockedLanes(),
                counters.rejectedSends(),
                counters.failedPublishes());
    }

    /** How many positions the sink with the largest lag stands before the head, as of the last ticks of the lanes. */
    public long maxLag() {
        return lanes.maxLag();
    }

    /**
     * Finds an open client by its {@linkplain HubSink#id id}: to subscribe it to another topic, or to end its stream.
     * The search visits all clients of each lane.
     *
     * @return completes, perhaps on a lane, with the client, or with nothing if no open client has this id
     */
    public CompletionStage<Optional<HubSink>> find(String sinkId) {
        return lanes.find(Objects.requireNonNull(sinkId, "sinkId"));
    }

    /**
     * Finds the open clients of a principal: to list them, to subscribe them to another topic, or to end their streams.
     * The search visits all clients of each lane.
     *
     * @return completes, perhaps on a lane, with the clients, of which some may close meanwhile
     */
    public CompletionStage<List<HubSink>> clients(String principal) {
        return lanes.clients(Objects.requireNonNull(principal, "principal"));
    }

    /**
     * Ends all streams of a principal with {@link CloseReason#REVOKED}, for example after a logout. A request that was
     * authenticated before this call and has not opened its stream yet is asked to retry. The clients reconnect, so
     * first make sure that the authentication no longer accepts them.
     *
     * <p>With a backplane the streams on all nodes end.
     *
     * @return completes when the streams of this hub have ended, with their number. With a backplane it fails if other
     *     nodes may not have learnt of it; the streams of this hub have ended all the same
     */
    public CompletionStage<Integer> revoke(String principal) {
        CompletionStage<Integer> here = revokeHere(Objects.requireNonNull(principal, "principal"));
        return shared == null
                ? here
                : shared.revoke(principal).thenCombine(here, (ignored, ended) -> ended); // fails if others may not know
    }

    private CompletionStage<Integer> revokeHere(String principal) {
        lanes.revoke(principal);
        return clients(principal).thenCompose(sinks -> {
            CompletableFuture<?>[] ends = sinks.stream()
                    .map(sink -> sink.close(CloseReason.REVOKED).toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new);
            return CompletableFuture.allOf(ends).thenApply(ignored -> sinks.size());
        });
    }

    /**
     * Describes open clients, in the order of their ids, which are decimal numbers.
     *
     * @param after begin after the client with this id, which may have gone; null to begin with the first
     * @param limit how many clients to describe at most
     * @return completes, perhaps on a lane
     * @throws IllegalArgumentException if {@code after} is not a number, or if {@code limit} is less than 1
     */
    public CompletionStage<List<SinkInfo>> sinks(@Nullable String after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: 1 or more)");
        }
        return lanes.sinks(after == null ? 0 : numberOf(after), limit);
    }

    private static long numberOf(String sinkId) {
        try {
            return Long.parseLong(sinkId);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("after: \"" + sinkId + "\" (expected: the id of a client)", e);
        }
    }

    /**
     * Closes the hub: nothing is published any more, and all sinks close.
     *
     * <p>Without a history and a backplane it returns at once, and the ledger shows when all sinks have closed. With a
     * history it waits until everything is stored and the history is closed. With a backplane it waits until the
     * threads of the backplane have ended. So in both cases it must not be called on a lane.
     */
    @Override
    public void close() {
        log.close();
        presences.close();
        for (HubLane lane : lanes.all()) {
            lane.forEachSink(sink -> sink.close(CloseReason.SERVER_DRAINING));
        }
        HubHistory history = log.history();
        if (history != null) {
            history.close();
        }
        if (shared != null) {
            shared.close();
        }
        core.failures().close();
    }

    // ---- for this package

    HubCore core() {
        return core;
    }

    Presences presences() {
        return presences;
    }

    LaneRegistry lanes() {
        return lanes;
    }
}
