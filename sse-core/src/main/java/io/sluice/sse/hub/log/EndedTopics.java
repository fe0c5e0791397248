package io.sluice.sse.hub.log;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The topics that have ended, by name, until the age of their last events. An end outlives its event: a bound on bytes
 * may evict the event early. The number of ends is bounded. Past the bound the end that would expire first is
 * forgotten, and its name is new again. Guarded by the hub's lock.
 */
final class EndedTopics {

    /** An estimate of the heap bytes of an end with its name. */
    private static final int END_BYTES = 200;

    /** So many ends are kept however small the bounds of the hub are. */
    static final int MIN_ENDS = 4096;

    /**
     * The end of a topic.
     *
     * @param position the position of its last event
     * @param expiresNanos when it is forgotten, by the hub's clock
     */
    record End(String topic, long position, long expiresNanos) {}

    /** Several topics may end with one event. */
    private static final Comparator<End> FIRST_TO_EXPIRE = ((Comparator<End>)
                    (one, other) -> Long.compare(one.expiresNanos - other.expiresNanos, 0))
            .thenComparing(End::topic);

    private final int maxEnds;
    private final Map<String, End> byName = new HashMap<>();
    private final TreeSet<End> byExpiry = new TreeSet<>(FIRST_TO_EXPIRE);

    /** At most one for each topic that the hub may have, in an eighth of the bytes that it may keep. */
    EndedTopics(int maxTopics, long maxTotalBytes) {
        this.maxEnds = (int) Math.max(MIN_ENDS, Math.min(maxTopics, maxTotalBytes / 8 / END_BYTES));
    }

    boolean isEmpty() {
        return byName.isEmpty();
    }

    boolean contains(String topic) {
        return byName.containsKey(topic);
    }

    /** Whether the last event of the topic is before this position. */
    boolean hasEndedBefore(String topic, long position) {
        End end = byName.get(topic);
        return end != null && end.position < position;
    }

    /** @return the end that was forgotten to make room, or null */
    @Nullable
    End add(End end) {
        remove(end.topic);
        byName.put(end.topic, end);
        byExpiry.add(end);
        End first = byExpiry.first();
        if (byName.size() <= maxEnds) {
            return null;
        }
        remove(first.topic);
        return first;
    }

    /** @return whether the topic had ended */
    boolean remove(String topic) {
        End end = byName.remove(topic);
        return end != null && byExpiry.remove(end);
    }

    /** The end that expires first; null if there is none. */
    @Nullable
    End first() {
        return byExpiry.isEmpty() ? null : byExpiry.first();
    }
}
