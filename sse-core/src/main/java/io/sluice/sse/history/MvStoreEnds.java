package io.sluice.sse.history;

import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.h2.mvstore.MVMap;

/**
 * The topics of a store that have ended, until the age of their last events. An end outlives its event, because a bound
 * on bytes may evict the event early. Confined to the writer's thread.
 */
final class MvStoreEnds {

    /** Past this number the oldest end is forgotten. */
    static final int MAX_ENDS = 1_000_000;

    private final MVMap<String, MvStoreTypes.EndRow> rows;
    private final int maxEnds;
    /** Several topics may end with one event. */
    private final TreeSet<RecoveryResult.TopicEnd> byPosition = new TreeSet<>(
            Comparator.comparingLong(RecoveryResult.TopicEnd::position).thenComparing(RecoveryResult.TopicEnd::topic));

    MvStoreEnds(MVMap<String, MvStoreTypes.EndRow> rows, int maxEnds) {
        this.rows = rows;
        this.maxEnds = maxEnds;
        rows.forEach((topic, row) -> byPosition.add(end(topic, row)));
    }

    private static RecoveryResult.TopicEnd end(String topic, MvStoreTypes.EndRow row) {
        return new RecoveryResult.TopicEnd(topic, row.position(), row.timeMillis());
    }

    /** The ends, in the order of their positions. */
    List<RecoveryResult.TopicEnd> all() {
        return List.copyOf(byPosition);
    }

    /** An event was added. It ends its topic, or begins it anew. */
    void onAppended(StoredEvent event) {
        if (event.last()) {
            MvStoreTypes.EndRow row = new MvStoreTypes.EndRow(event.position(), event.timeMillis());
            remove(event.topic(), Long.MAX_VALUE);
            rows.put(event.topic(), row);
            byPosition.add(end(event.topic(), row));
            if (byPosition.size() > maxEnds) {
                remove(byPosition.first().topic(), Long.MAX_VALUE);
            }
        } else if (!byPosition.isEmpty()) {
            remove(event.topic(), Long.MAX_VALUE);
        }
    }

    /** Forgets the end of a topic, if it is at {@code upTo} or before. */
    void remove(String topic, long upTo) {
        MvStoreTypes.EndRow row = byPosition.isEmpty() ? null : rows.get(topic);
        if (row != null && row.position() <= upTo) {
            rows.remove(topic);
            byPosition.remove(end(topic, row));
        }
    }

    /** Forgets the ends before this time. */
    void removeBefore(long millis) {
        while (!byPosition.isEmpty() && byPosition.first().timeMillis() < millis) {
            remove(byPosition.first().topic(), Long.MAX_VALUE);
        }
    }
}
