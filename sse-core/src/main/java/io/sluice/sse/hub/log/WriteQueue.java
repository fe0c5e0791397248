package io.sluice.sse.hub.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The entries that wait to be written to the history. Publishers add them under the hub's lock. The writer's thread
 * takes all of them at once and divides them into batches, without the lock.
 */
final class WriteQueue {

    private static final long BATCH_BYTES = 4 << 20;

    private final HubLog log;
    private final long maxBytes;

    // Guarded by the hub's lock.
    private ArrayDeque<LogEntry> queue = new ArrayDeque<>();
    /** The bytes that wait, or are being written. */
    private long bytes;

    // Confined to the writer's thread.
    private ArrayDeque<LogEntry> taken = new ArrayDeque<>();

    WriteQueue(HubLog log, long maxBytes) {
        this.log = log;
        this.maxBytes = maxBytes;
    }

    long maxBytes() {
        return maxBytes;
    }

    // ---- under the hub's lock

    /** The bytes that wait to be written, or are being written. */
    long bytes() {
        assert log.holdsLock();
        return bytes;
    }

    /** Whether more bytes may be added. An empty queue accepts any number. */
    boolean hasRoomFor(long more) {
        assert log.holdsLock();
        return bytes == 0 || bytes + more <= maxBytes;
    }

    boolean isBelowHalf() {
        assert log.holdsLock();
        return bytes < maxBytes / 2;
    }

    void add(LogEntry entry) {
        assert log.holdsLock();
        queue.add(entry);
        bytes += entry.wire.length + LogEntry.OVERHEAD_BYTES;
    }

    /** These bytes were written. */
    void written(long writtenBytes) {
        assert log.holdsLock();
        bytes -= writtenBytes;
    }

    /** Drops what publishers have added. */
    void clear() {
        assert log.holdsLock();
        queue = new ArrayDeque<>();
        bytes = 0;
    }

    /**
     * The positions of the oldest events of these topics that are not in the history yet. Called on the writer's
     * thread, under the hub's lock. It scans the pending entries once, until each topic was found.
     */
    Map<String, Long> oldestPending(Set<String> topics) {
        assert log.holdsLock();
        Map<String, Long> oldest = new HashMap<>();
        for (ArrayDeque<LogEntry> entries : List.of(taken, queue)) {
            for (LogEntry entry : entries) {
                if (oldest.size() == topics.size()) {
                    return oldest;
                }
                if (topics.contains(entry.topic) && !(entry instanceof HistoryMarker)) {
                    oldest.putIfAbsent(entry.topic, entry.position);
                }
            }
        }
        return oldest;
    }

    // ---- the writer's thread

    /** Whether entries were taken that are in no batch yet. */
    boolean hasTaken() {
        return !taken.isEmpty();
    }

    boolean isEmpty() {
        return taken.isEmpty() && log.locked(() -> queue.isEmpty());
    }

    /** The next batch; empty if no entry waits. */
    List<LogEntry> poll() {
        if (taken.isEmpty()) {
            taken = log.locked(() -> {
                ArrayDeque<LogEntry> all = queue;
                queue = all.isEmpty() ? all : new ArrayDeque<>();
                return all.isEmpty() ? taken : all;
            });
        }
        List<LogEntry> batch = new ArrayList<>(Math.min(taken.size(), 1024));
        long batchBytes = 0;
        LogEntry last = null;
        // The entries of one event in several topics belong to the same batch. A removal ends its batch, so that every
        // event is in the history, or in the queue, when the history reports what it evicts.
        while (!taken.isEmpty()
                && !isRemoval(last)
                && (last == null || batchBytes < BATCH_BYTES || taken.element().position == last.position)) {
            last = taken.remove();
            batchBytes += last.wire.length;
            batch.add(last);
        }
        return batch;
    }

    static boolean isRemoval(@Nullable LogEntry entry) {
        return entry instanceof HistoryMarker marker && marker.isRemoval();
    }
}
