package io.sluice.sse.hub.log;

import io.sluice.sse.history.Eviction;
import io.sluice.sse.history.History;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.history.LostRange;
import io.sluice.sse.history.RecoveryResult;
import io.sluice.sse.history.StoredTopic;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * The history of a hub that keeps events beyond its memory: it restores the topics when it is opened, owns the writer
 * and the reader, and takes over what the history evicts. A hub that keeps events in memory only has no such object.
 */
public final class HubHistory {

    private final HubLog log;
    private final HistoryWriter writer;
    private final HistoryReader reader;
    private final RecoveryResult recovered;

    /** Opens the history and continues where it ends. */
    HubHistory(HubLog log, LogOptions options, long newEpoch, Executor userExecutor) {
        History history = Objects.requireNonNull(options.history()).store();
        this.log = log;
        this.recovered = history.open(newEpoch, this::onEvicted);
        this.reader = new HistoryReader(new StoredEvents(history, recovered.head()));
        this.writer = new HistoryWriter(log, options, history, reader, userExecutor);
        try {
            log.runLocked(() -> restore(options));
            writer.start(recovered.head(), recovered.newestMillis());
            reader.onStored(recovered.head());
        } catch (RuntimeException e) {
            history.close(-1);
            throw e;
        }
    }

    private void restore(LogOptions options) {
        TopicTable topics = log.topics();
        LogBounds bounds = log.bounds();
        long eviction = bounds.nextEviction();
        topics.removedFloors().putOthers(floor(recovered.removedFloor(), eviction, recovered.removedFloorMillis()));
        for (RecoveryResult.TopicEnd end : recovered.ends()) {
            topics.restoreEnd(end.topic(), end.position(), log.nanosAt(Instant.ofEpochMilli(end.timeMillis())));
        }
        for (StoredTopic stored : recovered.topics()) {
            Floor floor = floor(stored.floor(), eviction, stored.floorMillis());
            if (topics.isLiveOnly(stored.name())) {
                continue; // stored when the hub had other options: what was true then is not delivered as news
            }
            if (stored.events() == 0) {
                topics.removedFloors().put(stored.name(), floor, false);
                continue;
            }
            try {
                ((StoredLog) topics.getOrCreate(stored.name()).log)
                        .restore(stored, floor, options.clocks().nanos().getAsLong());
            } catch (TopicLimitException e) {
                throw new IllegalArgumentException(
                        "maxTopics: " + options.topics().maxTopics()
                                + " (expected: at least the number of topics in the history)",
                        e);
            }
        }
        recovered
                .publisherIds()
                .forEach((id, stored) -> bounds.putPublisherId(id, new PublisherId(stored.position(), stored.topic())));
    }

    /**
     * A floor of the history. The history knows only the millisecond of an event, so the floor gets the end of that
     * millisecond: a superfluous gap does less harm than a missing one.
     */
    private Floor floor(long position, long eviction, long publishedMillis) {
        return position == 0
                ? Floor.NONE
                : new Floor(
                        position,
                        eviction,
                        log.nanosAt(Instant.ofEpochMilli(publishedMillis + 1).minusNanos(1)));
    }

    HistoryWriter writer() {
        return writer;
    }

    /** Runs reads of the history. */
    public HistoryReader reader() {
        return reader;
    }

    long epoch() {
        return recovered.epoch();
    }

    /** The position after which the hub continues. */
    public long head() {
        return recovered.head();
    }

    /** Whether a client that resumes from this position may have missed events that an unclean stop has lost. */
    public boolean isLost(long position) {
        for (LostRange range : recovered.lost()) {
            if (range.contains(position)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the history has failed. Any thread. */
    public boolean hasFailed() {
        return writer.hasFailed();
    }

    /** Writes the queued events and closes the history. Waits for that, unless the caller is interrupted. */
    public void close() {
        writer.close();
    }

    /**
     * The history is about to evict events. From now on they count as lost, so a reader that checks the floors after
     * its read knows about them. Called on the writer's thread.
     */
    private void onEvicted(List<Eviction> evictions) {
        log.runLocked(() -> {
            LogBounds bounds = log.bounds();
            Map<String, Long> pending = oldestPending(evictions);
            for (Eviction eviction : evictions) {
                if (log.topics().isLiveOnly(eviction.topic())) {
                    eviction.publisherIds().forEach(bounds::removePublisherId);
                    continue;
                }
                Topic topic = topicOf(eviction);
                Floor lostFloor = floor(eviction.floor(), bounds.nextEviction(), eviction.floorMillis());
                long oldest = eviction.oldest() > 0 ? eviction.oldest() : pending.getOrDefault(topic.name, 0L);
                ((StoredLog) topic.log).onHistoryEviction(eviction, lostFloor, oldest, bounds);
                log.topics().removeIfIdle(topic);
            }
        });
    }

    /**
     * The oldest events that are not stored yet, of those topics of which the history evicts everything it has. One
     * scan of the writer's queue finds them for all topics.
     */
    private Map<String, Long> oldestPending(List<Eviction> evictions) {
        Set<String> wanted = new HashSet<>();
        for (Eviction eviction : evictions) {
            if (eviction.oldest() == 0
                    && !log.topics().isLiveOnly(eviction.topic())
                    && topicOf(eviction).log.keptEvents() > eviction.events()) {
                wanted.add(eviction.topic());
            }
        }
        return wanted.isEmpty() ? Map.of() : writer.oldestPending(wanted);
    }

    private Topic topicOf(Eviction eviction) {
        Topic topic = log.topics().find(eviction.topic());
        if (topic == null) {
            throw new HistoryException(
                    "the history evicts events of topic " + eviction.topic() + ", which the hub does not have", null);
        }
        return topic;
    }
}
