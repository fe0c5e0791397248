package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.Observer;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.history.HistoryException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One ordered sequence of events, kept by topic, and delivered to the sinks that listen.
 *
 * <p>Thread-safe. {@link #publish} never blocks on the network, runs no client's code, and does not fail through a
 * client's fault; its cost does not grow with the clients, but for one wake-up per lane.
 */
public final class Hub implements AutoCloseable {

    /** How the id of the event begins that tells a client to stay away for good. */
    public static final String END_ID_PREFIX = "end~";

    private final HubBuilder options;
    private final HubLog log;
    private final Sequencer sequencer;
    private final Ledger ledger = new Ledger();
    private final HubCounters counters = new HubCounters(this);
    private final RejectionCounts refusals = new RejectionCounts();
    private final UserCodeFailures failures;
    private final Executor userExecutor;
    private final CopyOnWriteArrayList<HubLane> lanes = new CopyOnWriteArrayList<>();
    private final AtomicLong sinkNumbers = new AtomicLong();
    private final Presences presences;

    Hub(HubBuilder options) {
        this.options = options;
        this.log = new HubLog(options);
        this.failures = new UserCodeFailures(options.clock, options.timer);
        this.userExecutor = new UserExecutor(options.userExecutor, options.clock);
        this.presences = new Presences(this, options);
        long epoch = options.epoch == null ? LocalSequencer.newEpoch() : options.epoch;
        if (options.history != null) {
            HubHistory history = new HubHistory(log, options, options.history, epoch, userExecutor);
            log.takeUp(history);
            epoch = history.epoch();
        }
        this.sequencer = new LocalSequencer(log, new EventIds(epoch));
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
     * @param event with data, since a client dispatches nothing else; an id that it has was chosen by the publisher and
     *     must be unique among the kept events: publishing it again answers the first and delivers nothing
     * @return completes with the id when the event has its place in the sequence, here already; and, if the hub has a
     *     history that promises it, when it is on the disk. Fails with {@link TopicLimitException}, {@link ClosedException}
     *     or {@link HistoryException}
     * @throws IllegalArgumentException if the topic's name, or the event, cannot be published
     */
    public CompletionStage<Published> publish(String topic, Event event) {
        return publish(new Publication(topic, event));
    }

    /**
     * Publishes an event to several topics: it has one place in the sequence and one id, and who listens to more than one
     * of them gets it once.
     *
     * @return as {@link #publish(String, Event)}; when there is no place for one of the topics nothing is published
     * @throws IllegalArgumentException as {@link #publish(String, Event)}, and for no topic or more than {@link
     *     Publication#MAX_TOPICS}
     */
    public CompletionStage<Published> publish(Collection<String> topics, Event event) {
        return publish(Publication.of(event, topics));
    }

    /** As {@link #publish(Collection, Event)}, for the recipients that it names. */
    public CompletionStage<Published> publish(Publication publication) {
        try {
            // A refusal does not go through thenApply, which would fill in a stack trace for each.
            return sequence(List.of(Objects.requireNonNull(publication, "publication")))
                    .thenApply(published -> published.get(0));
        } catch (TopicLimitException | ClosedException | HistoryException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    /**
     * Publishes several events, next to each other in the sequence and in this order: all of them or none.
     *
     * @return as {@link #publish}, one answer for each, in order
     * @throws IllegalArgumentException as {@link #publish}; nothing is published then
     */
    public CompletionStage<List<Published>> publishAll(List<Publication> publications) {
        try {
            return sequence(Objects.requireNonNull(publications, "publications"));
        } catch (TopicLimitException | ClosedException | HistoryException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private CompletionStage<List<Published>> sequence(List<Publication> publications) {
        List<PendingEvent> drafts = new ArrayList<>(publications.size());
        for (Publication publication : publications) {
            checkPublishable(Objects.requireNonNull(publication, "publication").event());
            drafts.add(sequencer.draft(publication));
        }
        CompletionStage<List<Published>> sequenced = sequencer.sequence(drafts);
        counters.published.add(drafts.size());
        if (options.observer != Observer.NONE) {
            sequenced.thenAccept(published -> tell(publications, published));
        }
        return sequenced;
    }

    private void tell(List<Publication> publications, List<Published> published) {
        for (int i = 0; i < published.size(); i++) {
            Published answer = published.get(i);
            if (!answer.duplicate()) {
                for (String topic : publications.get(i).topics()) {
                    observe(null, observer -> observer.published(topic, answer.id()));
                }
            }
        }
    }

    private void checkPublishable(Event event) {
        if (event.data() == null) {
            throw new IllegalArgumentException("event without data: a client would not dispatch it; use empty data");
        }
        String id = event.id();
        if (id != null && (sequencer.hasHubFormat(id) || id.startsWith(END_ID_PREFIX))) {
            throw new IllegalArgumentException(
                    "event id \"" + id + "\": ids of the hub's own shape, and ids that begin with " + END_ID_PREFIX
                            + ", cannot be chosen");
        }
    }

    /**
     * How many distinct sinks of this node listen to the topic now, by name or by pattern, whatever their filters let
     * through.
     */
    public int subscribers(String topic) {
        return log.locked(() -> SubscriberCount.count(log.topics.find(topic)));
    }

    /** How many distinct sinks of this node listen to at least one of the topics now. */
    public int subscribers(Collection<String> topics) {
        return log.locked(() -> SubscriberCount.count(
                topics.stream().map(log.topics::find).filter(Objects::nonNull).toList()));
    }

    /**
     * Describes topics, in the order of their names.
     *
     * @param after begin behind this name, or null
     * @param limit the most to describe
     */
    public List<TopicInfo> topics(@Nullable String after, int limit) {
        // Sorted outside the lock: there can be a million.
        List<Topic> all = log.locked(() -> List.copyOf(log.topicsForReading().all()));
        List<Topic> page = all.stream()
                .filter(topic -> after == null || topic.name.compareTo(after) > 0)
                .sorted(Comparator.comparing((Topic topic) -> topic.name))
                .limit(limit)
                .toList();
        return log.locked(() -> page.stream()
                .filter(topic -> !topic.isRemoved())
                .map(this::describe)
                .toList());
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

    /** @param entry the one at that position, unless it is in the history only */
    private @Nullable String idOf(long position, @Nullable LogEntry entry) {
        if (position == 0) {
            return null;
        }
        String chosen = entry == null || entry.position != position ? null : entry.publisherId();
        return chosen == null ? sequencer.idOf(position) : chosen;
    }

    /** The id of the newest event's position: where a client that begins now would begin. */
    public String headId() {
        return sequencer.idOf(log.head());
    }

    /**
     * The principals that are at the topic now, sorted, if the hub's options have a {@link Presence} for it; else none. A
     * copy. Those that linger are among them, and so is somebody of whose join or leave nobody has been told yet.
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
        return ledger;
    }

    /** Who was turned away. */
    public RejectionCounts refusals() {
        return refusals;
    }

    /** This hub's figures. */
    public HubStats stats() {
        long[] kept = log.locked(
                () -> new long[] {log.topicsForReading().size(), log.bounds.totalEvents(), log.bounds.totalBytes()});
        Map<CloseReason, Long> closed = new EnumMap<>(CloseReason.class);
        for (CloseReason reason : CloseReason.values()) {
            closed.put(reason, counters.closed(reason));
        }
        long delivered = counters.deliveredBefore.sum();
        for (HubLane lane : lanes) {
            delivered += lane.delivered();
        }
        return new HubStats(
                kept[0],
                kept[1],
                kept[2],
                counters.published.sum(),
                delivered,
                counters.framed.sum(),
                counters.gaps.sum(),
                counters.opened.sum(),
                closed,
                failures.count(),
                counters.lanesBlocked.sum());
    }

    /** How many positions the sink that is furthest behind stands behind the head, as of the last ticks of the lanes. */
    public long maxLag() {
        long max = 0;
        for (HubLane lane : lanes) {
            max = Math.max(max, lane.maxLag());
        }
        return max;
    }

    // ---- for transports

    /**
     * Begins to deliver on a lane. Once per lane and transport; the sinks of a lane are opened through what this returns.
     *
     * @param framer makes the lane's buffers; called on the lane only
     */
    public HubLane join(Lane lane, Framer framer, LaneOptions laneOptions) {
        HubLane joined = new HubLane(this, lane, framer, laneOptions);
        lanes.add(joined);
        return joined;
    }

    /** The lane's thread has ended, or will soon, and it has no sinks any more. Its figures stay counted. */
    public void leave(HubLane lane) {
        if (lanes.remove(lane)) {
            counters.deliveredBefore.add(lane.delivered());
        }
    }

    /** The lanes that were joined and have not left. */
    public List<HubLane> lanes() {
        return Collections.unmodifiableList(lanes);
    }

    /**
     * Looks for an open sink by its {@linkplain LaneSink#id id}, among all of each lane: so that an application can add a
     * topic to somebody's stream, or end it.
     *
     * @return completes, perhaps on a lane, with the sink, or with nothing if none of that id is open
     */
    public CompletionStage<Optional<LaneSink>> find(String sinkId) {
        CompletionStage<Optional<LaneSink>> found = CompletableFuture.completedStage(Optional.empty());
        for (HubLane lane : lanes) {
            found = found.thenCombine(lane.find(sinkId), (before, here) -> before.isPresent() ? before : here);
        }
        return found;
    }

    /**
     * Closes the hub: nothing is published any more, and all sinks end.
     *
     * <p>Returns at once; the ledger says when everything is gone. A hub with a history waits until that is written and
     * closed, so never close one on a lane.
     */
    @Override
    public void close() {
        log.close();
        presences.close();
        for (HubLane lane : lanes) {
            lane.forEachSink(sink -> sink.close(CloseReason.SERVER_DRAINING));
        }
        HubHistory history = log.history();
        if (history != null) {
            history.writer.close();
        }
        failures.close();
    }

    // ---- for the lanes

    HubLog log() {
        return log;
    }

    Sequencer sequencer() {
        return sequencer;
    }

    HubCounters counters() {
        return counters;
    }

    HubBuilder options() {
        return options;
    }

    Executor userExecutor() {
        return userExecutor;
    }

    Presences presences() {
        return presences;
    }

    UserCodeFailures failures() {
        return failures;
    }

    OverflowPolicy overflow() {
        return options.overflow;
    }

    int frameBytes() {
        return HubBuilder.FRAME_BYTES;
    }

    long catchUpBytes() {
        return options.catchUpBytes;
    }

    long passNanos() {
        return HubBuilder.PASS_TIME.toNanos();
    }

    long nextSinkNumber() {
        return sinkNumbers.incrementAndGet();
    }

    /** Tells the observer, of a sink or of none, whatever it throws. */
    void observe(@Nullable LaneSink sink, Consumer<Observer> what) {
        if (options.observer == Observer.NONE) {
            return;
        }
        try {
            what.accept(options.observer);
        } catch (Throwable t) {
            failures.failed(sink == null ? "-" : sink.id(), "observer", t);
        }
    }
}
