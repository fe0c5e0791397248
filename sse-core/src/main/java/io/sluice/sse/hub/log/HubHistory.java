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
 * The history of a hub that has one beyond its memory: what it says when it is opened, who writes to it, who reads from
 * it, and what it lets go. A hub without one has no such object, and pays for nothing of this.
 */
public final class HubHistory {

    public final HistoryWriter writer;
    public final HistoryReader reads;
    private final HubLog log;
    private final List<LostRange> lost;
    private final RecoveryResult recovered;

    /** Opens the history, and takes up where it ends. */
    HubHistory(HubLog log, LogOptions options, long newEpoch, Executor userExecutor) {
        History history = Objects.requireNonNull(options.history()).store();
        this.log = log;
        this.recovered = history.open(newEpoch, this::evicted);
        this.lost = recovered.lost();
        this.reads = new HistoryReader(history, userExecutor);
        this.writer = new HistoryWriter(log, options, history, reads);
        try {
            log.locked(() -> {
                restore(options);
                return null;
            });
            writer.start(recovered.head(), recovered.newestMillis());
            reads.passed(recovered.head());
        } catch (RuntimeException e) {
            history.close(-1);
            throw e;
        }
    }

    private void restore(LogOptions options) {
        TopicTable topics = log.topics;
        LogBounds bounds = log.bounds;
        long eviction = bounds.nextEviction();
        topics.forgottenFloors().putOthers(floor(recovered.removedFloor(), eviction, recovered.removedFloorMillis()));
        for (StoredTopic stored : recovered.topics()) {
            Floor floor = floor(stored.floor(), eviction, stored.floorMillis());
            if (stored.events() == 0) {
                topics.forgottenFloors().put(stored.name(), floor);
                continue;
            }
            try {
                ((StoredLog) topics.getOrCreate(stored.name()).log)
                        .restore(stored, floor, options.clocks().nanos().getAsLong());
            } catch (TopicLimitException e) {
                throw new IllegalArgumentException(
                        "maxTopics: " + options.topics().maxTopics()
                                + " (expected: no less than the history has topics)",
                        e);
            }
        }
        recovered
                .publisherIds()
                .forEach((id, chosen) -> bounds.putPublisherId(id, new PublisherId(chosen.position(), chosen.topic())));
    }

    /** At the end of that millisecond: the event may be from any moment of it, and a gap too much does less harm. */
    private Floor floor(long position, long eviction, long publishedMillis) {
        return position == 0
                ? Floor.NONE
                : new Floor(
                        position,
                        eviction,
                        log.nanosAt(Instant.ofEpochMilli(publishedMillis + 1).minusNanos(1)));
    }

    long epoch() {
        return recovered.epoch();
    }

    /** Where the hub takes up. */
    public long head() {
        return recovered.head();
    }

    /** Whether somebody who comes from there may have missed what an unclean stop has lost. */
    public boolean isLost(long position) {
        for (LostRange range : lost) {
            if (range.contains(position)) {
                return true;
            }
        }
        return false;
    }

    /** The history is about to let events go: from now on they are lost. On the writer's thread. */
    private void evicted(List<Eviction> evictions) {
        log.locked(() -> {
            Map<String, Long> onItsWay = oldestOnItsWay(evictions);
            for (Eviction eviction : evictions) {
                Topic topic = topicOf(eviction);
                Floor lost = floor(eviction.floor(), log.bounds.nextEviction(), eviction.floorMillis());
                long oldest = eviction.oldest() > 0 ? eviction.oldest() : onItsWay.getOrDefault(topic.name, 0L);
                ((StoredLog) topic.log).evicted(eviction, lost, oldest, log.bounds);
                log.topics.removeIfIdle(topic);
            }
            return null;
        });
    }

    /** Of topics that go from the history and have events that are not there yet: found in one walk, for all of them. */
    private Map<String, Long> oldestOnItsWay(List<Eviction> evictions) {
        Set<String> wanted = new HashSet<>();
        for (Eviction eviction : evictions) {
            if (eviction.oldest() == 0 && topicOf(eviction).log.keptEvents() > eviction.events()) {
                wanted.add(eviction.topic());
            }
        }
        return wanted.isEmpty() ? Map.of() : writer.oldestOnItsWay(wanted);
    }

    private Topic topicOf(Eviction eviction) {
        Topic topic = log.topics.find(eviction.topic());
        if (topic == null) {
            throw new HistoryException(
                    "the history lets go of topic " + eviction.topic() + ", which nobody knows", null);
        }
        return topic;
    }
}
