package io.sluice.sse.hub.log;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When the oldest entry must go: by count, bytes and age of its topic, and by the bytes of the whole hub. Also keeps the
 * sums, and the ids that publishers chose, since both change with every entry that comes or goes. Guarded by the hub's
 * lock.
 *
 * <p>By the bytes of the hub its oldest entry goes, be it in a ring or in the table of a topic that conflates; it goes for
 * good, and does not move to a table. So each step makes room, and a table is no way around the bound.
 */
public final class LogBounds {

    private final TopicTable topics;
    private final int maxEvents;
    private final long maxBytes;
    private final long maxAgeNanos;
    private final long maxTotalBytes;

    private final EvictionQueue<Topic> rings = new EvictionQueue<>();
    private final EvictionQueue<ConflationTable> tables = new EvictionQueue<>();
    private final Map<String, PublisherId> publisherIds = new HashMap<>();
    private long totalEvents;
    private long totalBytes;
    private long evictions;

    LogBounds(TopicTable topics, LogOptions.Retention retention) {
        this.topics = topics;
        this.maxEvents = retention.events();
        this.maxBytes = retention.bytes();
        this.maxAgeNanos = retention.age().toNanos();
        this.maxTotalBytes = retention.totalBytes();
    }

    /** Puts the entry into the ring of its topic; what has no place beside it goes. */
    void append(Topic topic, LogEntry entry) {
        TopicLog log = topic.log;
        log.announce(entry, this);
        while (log.size() > 0
                && (log.size() >= maxEvents
                        || log.bytes() + entry.weight() > maxBytes
                        || isAged(log.oldest(), entry.nanos))) {
            log.evictOldestEntry(this);
        }
        while (totalEvents > 0 && totalBytes + cost(entry) > maxTotalBytes) {
            Topic lost = dropOldest();
            if (lost != topic) {
                topics.removeIfIdle(lost);
            }
        }
        log.append(entry);
        totalEvents++;
        totalBytes += cost(entry);
        if (entry.copies() != null) {
            entry.copies().add();
        }
        if (entry.publisherId() != null) {
            publisherIds.putIfAbsent(entry.publisherId(), new PublisherId(entry.position, topic.name));
        }
        rings.add(topic, entry.position);
    }

    /** Lets the hub's oldest entry go; there is one. @return its topic */
    private Topic dropOldest() {
        Topic topic = rings.first();
        ConflationTable table = tables.first();
        if (table != null && (topic == null || isOlder(table.oldest(), topic.oldest()))) {
            ((ConflatedLog) table.topic.log).dropOldestOfTable(this);
            return table.topic;
        }
        Objects.requireNonNull(topic).log.dropOldest(this);
        return topic;
    }

    private static boolean isOlder(@Nullable LogEntry one, @Nullable LogEntry other) {
        return one != null && other != null && one.position < other.position;
    }

    /**
     * Lets at most {@code slice} entries go that are too old: out of the rings. The latest event of a key does not age,
     * it is still what holds.
     */
    void age(long nowNanos, int slice) {
        for (int i = 0; i < slice; i++) {
            Topic topic = rings.first();
            if (topic == null || !isAged(topic.oldest(), nowNanos)) {
                return;
            }
            topic.log.evictOldestEntry(this);
            topics.removeIfIdle(topic);
        }
    }

    /** How long until an entry is too old, zero or less if one is; {@link Long#MAX_VALUE} if none ever will be. */
    long nanosUntilAged(long nowNanos) {
        Topic topic = rings.first();
        LogEntry oldest = topic == null ? null : topic.oldest();
        return oldest == null ? Long.MAX_VALUE : maxAgeNanos - (nowNanos - oldest.nanos);
    }

    private boolean isAged(@Nullable LogEntry entry, long nowNanos) {
        return entry != null && nowNanos - entry.nanos > maxAgeNanos;
    }

    // ---- what the logs tell

    /** The number of an eviction by which something is lost. */
    long nextEviction() {
        return ++evictions;
    }

    /** The entry has gone from its ring to its table. */
    void onMoved(ConflationTable table, LogEntry entry) {
        tables.add(table, entry.position);
    }

    /** The entry is not kept any longer. */
    void onEvicted(LogEntry entry) {
        onLeftMemory(entry);
        SharedEvent copies = entry.copies();
        if (entry.publisherId() != null && (copies == null || !copies.areKept())) {
            publisherIds.remove(entry.publisherId());
        }
    }

    /** The entry is not in memory any longer; if its topic has a history, it is there. */
    void onLeftMemory(LogEntry entry) {
        totalEvents--;
        SharedEvent copies = entry.copies();
        if (copies != null) {
            copies.remove();
        }
        totalBytes -= cost(entry);
    }

    /**
     * What an entry that is not counted adds to the total. The bytes of an event in several topics are there once, and are
     * counted once, for as long as one of them keeps it.
     */
    private static int cost(LogEntry entry) {
        SharedEvent copies = entry.copies();
        return copies != null && copies.areKept() ? entry.weight() - entry.wire.length : entry.weight();
    }

    /** The history has an event with this chosen id. */
    void putPublisherId(String id, PublisherId chosen) {
        publisherIds.put(id, chosen);
    }

    /** The history has it no longer. */
    void removePublisherId(String id) {
        publisherIds.remove(id);
    }

    /** The kept event with this chosen id, or null. */
    @Nullable
    public PublisherId findPublisherId(String id) {
        return publisherIds.get(id);
    }

    /** How many evictions there were so far by which something was lost. */
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
