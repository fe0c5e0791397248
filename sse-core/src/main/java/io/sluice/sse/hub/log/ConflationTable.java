package io.sluice.sse.hub.log;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a topic that conflates keeps beside its ring: of each key the latest event, once the ring has no place for it any
 * more. Its entries are older than all of the ring's, and it is filled in their order. Guarded by the hub's lock, for
 * readers too.
 */
final class ConflationTable extends EvictionQueue.Ranked {

    /** Whose table it is. */
    final Topic topic;

    private final int maxKeys;
    private final long maxBytes;

    /** The latest entry of each key that is kept, wherever it is. */
    private final Map<String, LogEntry> latest = new HashMap<>();

    private final NavigableMap<Long, LogEntry> byPosition = new TreeMap<>();
    private long bytes;

    ConflationTable(Topic topic, TopicOptions.Conflation conflation) {
        this.topic = topic;
        this.maxKeys = conflation.keys();
        this.maxBytes = conflation.bytes();
    }

    /**
     * From now on this is the latest of its key.
     *
     * @return the one before, if it was in the table, where it no longer is
     */
    @Nullable
    LogEntry supersede(LogEntry entry) {
        LogEntry before = latest.put(Objects.requireNonNull(entry.key()), entry);
        if (before == null || byPosition.remove(before.position) == null) {
            return null; // new, or still in the ring
        }
        bytes -= before.weight();
        return before;
    }

    /** Whether no newer event of its key was published. */
    boolean isLatest(LogEntry entry) {
        return entry.key() != null && latest.get(entry.key()) == entry;
    }

    /** Takes the latest entry of a key, which leaves the ring. */
    void put(LogEntry entry) {
        byPosition.put(entry.position, entry);
        bytes += entry.weight();
    }

    /** The latest entry of a key is not kept any longer, in the ring or here. */
    void drop(LogEntry entry) {
        latest.remove(Objects.requireNonNull(entry.key()));
        if (byPosition.remove(entry.position) != null) {
            bytes -= entry.weight();
        }
    }

    /** Whether the oldest entry has to go. */
    boolean isTooLarge() {
        return byPosition.size() > maxKeys || bytes > maxBytes;
    }

    @Override
    @Nullable
    LogEntry oldest() {
        return byPosition.isEmpty() ? null : byPosition.firstEntry().getValue();
    }

    @Nullable
    LogEntry newest() {
        return byPosition.isEmpty() ? null : byPosition.lastEntry().getValue();
    }

    /** The entries behind {@code position}, the oldest first. */
    Collection<LogEntry> after(long position) {
        return byPosition.tailMap(position, false).values();
    }

    Collection<LogEntry> newestFirst() {
        return byPosition.descendingMap().values();
    }

    int size() {
        return byPosition.size();
    }

    long bytes() {
        return bytes;
    }

    /** For tests: keys that are kept in the ring or here. */
    int keys() {
        return latest.size();
    }
}
