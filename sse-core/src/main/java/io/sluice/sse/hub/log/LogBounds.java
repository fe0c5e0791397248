package io.sluice.sse.hub.log;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Evicts the oldest entries: by the number, the bytes and the age of the entries of a topic, and by the bytes of the
 * whole hub. It also keeps the sums and the ids that publishers chose, since both change with every entry. The bytes
 * of the hub include its topics and these ids: a flood of names may weigh more than the events. Guarded by the hub's
 * lock.
 *
 * <p>The bound on the bytes of the hub evicts the hub's oldest entry, whether it is in a ring or in the table of a
 * topic that conflates. Only a new entry may be spared, as {@link #dropOldest} says. The evicted entry is dropped and
 * does not move to a table. So each step makes room, and no table can exceed the bound.
 */
public final class LogBounds {

    /** How many entries are evicted at most while the hub's lock is held once, to remove a topic. */
    static final int MAX_EVICTED_AT_ONCE = 4096;
    /** The heap of a topic without its name: topic, log, ring, map entry, and its subscribers. An estimate. */
    static final int TOPIC_BYTES = 400;
    /** How long an entry is new at most. A lane that needs longer to write it is not spared a loss. */
    static final long SPARED_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** So much of the topics does not count, so that small bounds hold events. */
    static final long FREE_TOPIC_BYTES = 512 << 10;

    private final ReentrantLock hubLock;
    private final TopicTable topics;
    private final long maxTotalBytes;
    /** Has the rings, by the age of their events. */
    private final List<TopicOptions.AgeGroup> ages;

    private final EvictionQueue<ConflationTable> tables = new EvictionQueue<>();
    private final Map<String, PublisherId> publisherIds = new HashMap<>();
    private long totalEvents;
    private long totalBytes;
    /** The weight of the topics that have an entry in their ring: evicting it makes room. */
    private long topicBytes;

    private long evictions;

    private LongSupplier writtenUpTo = () -> Long.MAX_VALUE;

    LogBounds(TopicTable topics, TopicOptions options, ReentrantLock hubLock) {
        this.topics = topics;
        this.maxTotalBytes = options.maxTotalBytes();
        this.ages = options.ageGroups();
        this.hubLock = hubLock;
        topics.evictWith(topic -> topic.log.evictUpTo(Long.MAX_VALUE, MAX_EVICTED_AT_ONCE, this));
    }

    /** As {@link HubLog#writtenUpTo}. */
    void writtenUpTo(LongSupplier position) {
        assert hubLock.isHeldByCurrentThread();
        writtenUpTo = position;
    }

    /** Appends the entry to the ring of its topic, after it has evicted what exceeds a bound. */
    void append(Topic topic, LogEntry entry) {
        assert hubLock.isHeldByCurrentThread();
        TopicLog log = topic.log;
        TopicOptions.Rule rule = topic.rule;
        if (log.size() == 0 && topic.conflates()) {
            topics.setActive(topic);
        }
        log.beforeAppend(entry, this);
        while (log.size() > 0
                && (log.size() >= rule.events()
                        || log.bytes() + entry.weight() > rule.bytes()
                        || rule.age().isExpired(log.oldestNanos(), entry.nanos))) {
            log.evictOldestEntry(this);
        }
        while (totalEvents > 0 && totalBytes + countedTopicBytes() + cost(entry) > maxTotalBytes) {
            Topic evicted = dropOldest(topic, entry.nanos);
            if (evicted != topic) {
                topics.removeIfIdle(evicted);
            }
        }
        if (log.size() == 0) {
            topicBytes += TOPIC_BYTES + topic.name.length();
        }
        log.append(entry);
        totalEvents++;
        totalBytes += cost(entry);
        if (entry.shared() != null) {
            entry.shared().retain();
        }
        if (entry.publisherId() != null) {
            publisherIds.putIfAbsent(entry.publisherId(), new PublisherId(entry.position, topic.name));
        }
        rule.age().onAppended(topic, entry);
    }

    /**
     * Makes room for an entry of a topic: drops the oldest entry of the hub, which has at least one. If a lane with
     * clients has not written that entry yet, and the publishing topic keeps more than the topic of that entry, the
     * publishing topic drops its own oldest entry instead. So a flood on one topic does not cut the readers of others.
     *
     * @return the topic that dropped an entry
     */
    private Topic dropOldest(Topic publishing, long nowNanos) {
        Topic topic = null;
        for (TopicOptions.AgeGroup group : ages) {
            Topic first = group.rings.first();
            if (topic == null || (first != null && first.oldestPosition() < topic.oldestPosition())) {
                topic = first;
            }
        }
        ConflationTable table = tables.first();
        LogEntry inTable = table == null ? null : table.oldest();
        if (table != null && inTable != null && (topic == null || inTable.position < topic.oldestPosition())) {
            if (!isSparedBy(publishing, table.topic, inTable.position, inTable.nanos, nowNanos)) {
                ((ConflatedLog) table.topic.log).dropOldestOfTable(this);
                return table.topic;
            }
            topic = publishing;
        } else {
            TopicLog log = Objects.requireNonNull(topic).log;
            if (isSparedBy(publishing, topic, log.oldestPosition(), log.oldestNanos(), nowNanos)) {
                topic = publishing;
            }
        }
        topic.log.dropOldest(this);
        return topic;
    }

    /** @param position of the oldest entry of the other topic, which was published at {@code nanos} */
    private boolean isSparedBy(Topic publishing, Topic other, long position, long nanos, long nowNanos) {
        return publishing.log.size() > 0
                && publishing.log.bytes() > other.log.keptBytes()
                && nowNanos - nanos < SPARED_NANOS
                && position > writtenUpTo.getAsLong(); // last, as it looks at each lane
    }

    /**
     * Evicts at most {@code max} expired entries from rings. The entries of a conflation table do not expire: the
     * latest event of a key is the current state.
     */
    void expire(long nowNanos, int max) {
        assert hubLock.isHeldByCurrentThread();
        int left = max;
        for (TopicOptions.AgeGroup group : ages) {
            for (Topic first = group.firstExpired(nowNanos); first != null; first = group.firstExpired(nowNanos)) {
                if (left-- == 0) {
                    return;
                }
                expireOldest(first);
            }
        }
        expireEnds(nowNanos, left);
    }

    private void expireOldest(Topic topic) {
        topic.log.evictOldestEntry(this);
        topics.removeIfIdle(topic);
        if (topic.log.size() == 0 && topic.conflates()) {
            topics.setSettled(topic);
        }
    }

    /**
     * Forgets topics that ended as long ago as events are kept, with the state that those of them keep that conflate.
     * The events in the ring of such a topic have expired before.
     */
    private void expireEnds(long nowNanos, int max) {
        for (int i = 0; i < max; i++) {
            EndedTopics.End end = topics.ended().first();
            if (end == null || nowNanos - end.expiresNanos() <= 0) {
                return;
            }
            if (topics.conflates(end.topic())
                    && !topics.clear(end.topic(), end.position(), MAX_EVICTED_AT_ONCE, this)) {
                return; // the next call continues
            }
            topics.forgetEnd(end.topic());
        }
    }

    /**
     * How long until the oldest entry of the rings, or the end of a topic, expires. Zero or less if it has expired;
     * {@link Long#MAX_VALUE} if there is neither.
     */
    long nanosUntilExpiry(long nowNanos) {
        assert hubLock.isHeldByCurrentThread();
        EndedTopics.End end = topics.ended().first();
        long until = end == null ? Long.MAX_VALUE : end.expiresNanos() - nowNanos;
        for (TopicOptions.AgeGroup group : ages) {
            Topic topic = group.rings.first();
            if (topic != null) {
                until = Math.min(until, group.ageNanos - (nowNanos - topic.log.oldestNanos()));
            }
        }
        return until;
    }

    private long countedTopicBytes() {
        return Math.max(0, topicBytes - FREE_TOPIC_BYTES);
    }

    // ---- what the logs report

    /** The ring of this topic has no entry any more. */
    void onRingEmptied(String topic) {
        topicBytes -= TOPIC_BYTES + topic.length();
    }

    /** The number of a new eviction that loses an event. */
    long nextEviction() {
        assert hubLock.isHeldByCurrentThread();
        return ++evictions;
    }

    /** The entry has moved from its ring to its table. */
    void onMoved(ConflationTable table, LogEntry entry) {
        tables.add(table, entry.position);
    }

    /** The entry is no longer kept. */
    void onEvicted(LogEntry entry) {
        onLeftMemory(entry);
        SharedEvent shared = entry.shared();
        if (entry.publisherId() != null && (shared == null || !shared.isRetained())) {
            publisherIds.remove(entry.publisherId());
        }
    }

    /** The entry is no longer in memory. If its topic has a history, the history still has it. */
    void onLeftMemory(LogEntry entry) {
        assert hubLock.isHeldByCurrentThread();
        totalEvents--;
        SharedEvent shared = entry.shared();
        if (shared != null) {
            shared.release();
        }
        totalBytes -= cost(entry);
    }

    /**
     * What an entry adds to the total, called while it is not counted. The topics of one event share its bytes. The
     * bytes are counted once, as long as one of these topics keeps the event.
     */
    private static int cost(LogEntry entry) {
        SharedEvent shared = entry.shared();
        return shared != null && shared.isRetained() ? entry.weight() - entry.wire.length : entry.weight();
    }

    /** The history has an event with this id, which its publisher chose. */
    void putPublisherId(String id, PublisherId stored) {
        assert hubLock.isHeldByCurrentThread();
        publisherIds.put(id, stored);
    }

    /** The history has evicted the event with this id. */
    void removePublisherId(String id) {
        publisherIds.remove(id);
    }

    /** The kept event whose publisher chose this id, or null. */
    @Nullable
    public PublisherId findPublisherId(String id) {
        assert hubLock.isHeldByCurrentThread();
        return publisherIds.get(id);
    }

    /** The number of the last eviction that lost an event. */
    public long evictions() {
        return evictions;
    }

    public long totalEvents() {
        return totalEvents;
    }

    public long totalBytes() {
        return totalBytes;
    }
}
