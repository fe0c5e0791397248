package io.sluice.sse.hub.log;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The entries that a topic that conflates keeps in addition to its ring: the latest event of each key that has left the
 * ring. They are older than all entries of the ring, and arrive in the order of positions. Guarded by the hub's lock,
 * for readers too.
 */
final class ConflationTable extends EvictionQueue.Holder {

    /** The topic of this table. */
    final Topic topic;

    private final int maxKeys;
    private final long maxBytes;

    /** The latest entry of each key, whether it is in the ring or in this table. */
    private final Map<String, LogEntry> latest = new HashMap<>();

    private final NavigableMap<Long, LogEntry> byPosition = new TreeMap<>();
    private long bytes;

    ConflationTable(Topic topic, TopicOptions.Conflation conflation) {
        this.topic = topic;
        this.maxKeys = conflation.keys();
        this.maxBytes = conflation.bytes();
    }

    /**
     * Makes the entry the latest of its key.
     *
     * @return the entry that it supersedes, if that was in the table; it has been removed
     */
    @Nullable
    LogEntry supersede(LogEntry entry) {
        LogEntry before = latest.put(Objects.requireNonNull(entry.key()), entry);
        if (before instanceof LogEntry.WithKey older) {
            older.setSuperseded();
        }
        if (before == null || byPosition.remove(before.position) == null) {
            return null; // the key is new, or the superseded entry is in the ring
        }
        bytes -= before.weight();
        return before;
    }

    /** Whether the entry has a key and no newer event of that key was published. */
    boolean isLatest(LogEntry entry) {
        return entry.key() != null && latest.get(entry.key()) == entry;
    }

    /**
     * Removes a key.
     *
     * @return its latest entry, if that was in the table; null if the key is unknown, or if the entry is in the ring,
     *     where it stays
     */
    @Nullable
    LogEntry remove(String key) {
        LogEntry entry = latest.remove(key);
        if (entry instanceof LogEntry.WithKey removed) {
            removed.setKeyRemoved(); // in the ring, clients that begin without any state leave it out
        }
        if (entry == null || byPosition.remove(entry.position) == null) {
            return null;
        }
        bytes -= entry.weight();
        return entry;
    }

    /** Adds the latest entry of a key, which leaves the ring. */
    void put(LogEntry entry) {
        byPosition.put(entry.position, entry);
        bytes += entry.weight();
    }

    /** The latest entry of a key is no longer kept, neither in the ring nor here. */
    void drop(LogEntry entry) {
        latest.remove(Objects.requireNonNull(entry.key()));
        if (byPosition.remove(entry.position) != null) {
            bytes -= entry.weight();
        }
    }

    /** Whether the oldest entry must be evicted. */
    boolean isTooLarge() {
        return byPosition.size() > maxKeys || bytes > maxBytes;
    }

    @Override
    long oldestPosition() {
        return byPosition.isEmpty() ? 0 : byPosition.firstKey();
    }

    @Nullable
    LogEntry oldest() {
        return byPosition.isEmpty() ? null : byPosition.firstEntry().getValue();
    }

    @Nullable
    LogEntry newest() {
        return byPosition.isEmpty() ? null : byPosition.lastEntry().getValue();
    }

    /** The entries after {@code position}, the oldest first. */
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

    /** For tests: how many keys are kept, in the ring or here. */
    int keys() {
        return latest.size();
    }
}
