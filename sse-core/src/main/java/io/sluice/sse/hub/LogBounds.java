package io.sluice.sse.hub;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When the oldest entry must go: by count, bytes and age of its topic, and by the bytes of the whole hub. Also keeps the
 * sums, and the ids that publishers chose, since both change with every entry that comes or goes. Guarded by the hub's
 * lock.
 */
final class LogBounds {

    private final TopicTable topics;
    private final int maxEvents;
    private final long maxBytes;
    private final long maxAgeNanos;
    private final long maxTotalBytes;

    private final OldestFirst oldestFirst = new OldestFirst();
    private final Map<String, Long> chosenIds = new HashMap<>();
    private long totalEvents;
    private long totalBytes;
    private long evictions;

    LogBounds(TopicTable topics, HubBuilder options) {
        this.topics = topics;
        this.maxEvents = options.historyEvents;
        this.maxBytes = options.historyBytes;
        this.maxAgeNanos = options.historyAge.toNanos();
        this.maxTotalBytes = options.historyTotalBytes;
    }

    /** Puts the entry into the ring of its topic; what has no place beside it goes. */
    void append(Topic topic, LogEntry entry) {
        TopicLog log = topic.log;
        while (log.size() > 0
                && (log.size() >= maxEvents
                        || log.bytes() + entry.weight() > maxBytes
                        || isAged(log.oldest(), entry.nanos))) {
            evictOldest(topic);
        }
        while (totalEvents > 0 && totalBytes + entry.weight() > maxTotalBytes) {
            Topic oldest = oldestFirst.first();
            if (oldest == null) {
                break;
            }
            evictOldest(oldest);
            if (oldest != topic) {
                topics.forgetIfIdle(oldest);
            }
        }
        log.append(entry);
        totalEvents++;
        totalBytes += entry.weight();
        if (entry.chosenId() != null) {
            chosenIds.put(entry.chosenId(), entry.position);
        }
        oldestFirst.add(topic, entry.position);
    }

    /** Lets at most {@code slice} entries go that are too old. */
    void age(long nowNanos, int slice) {
        for (int i = 0; i < slice; i++) {
            Topic topic = oldestFirst.first();
            if (topic == null || !isAged(topic.log.oldest(), nowNanos)) {
                return;
            }
            evictOldest(topic);
            topics.forgetIfIdle(topic);
        }
    }

    private boolean isAged(@Nullable LogEntry entry, long nowNanos) {
        return entry != null && nowNanos - entry.nanos > maxAgeNanos;
    }

    private void evictOldest(Topic topic) {
        LogEntry entry = topic.log.evictOldest(++evictions);
        totalEvents--;
        totalBytes -= entry.weight();
        if (entry.chosenId() != null) {
            chosenIds.remove(entry.chosenId());
        }
    }

    /** The position of the kept event with this chosen id. */
    @Nullable
    Long positionOfChosen(String id) {
        return chosenIds.get(id);
    }

    /** How many events were ever evicted. */
    long evictions() {
        return evictions;
    }

    long totalEvents() {
        return totalEvents;
    }

    long totalBytes() {
        return totalBytes;
    }
}
