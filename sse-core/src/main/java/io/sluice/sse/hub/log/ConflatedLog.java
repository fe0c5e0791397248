package io.sluice.sse.hub.log;

import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The log of a topic that conflates: a ring, and below it a table with the latest event of each key that the ring has no
 * place for. An event leaves the ring without a gap if a newer one of its key was published, and moves to the table if
 * none was. What has no key, or goes out of the table, is lost: only that is a gap.
 *
 * <p>So what the ring no longer has ({@link #floor}) and what was lost ({@link #lost}) are two things here. A reader
 * copies from the ring without a lock as ever; if the ring has passed it by, it takes the hub's lock and copies a page of
 * table and ring, which stand still under it. That is no more than a frame.
 */
final class ConflatedLog extends TopicLog {

    private final Lock hubLock;
    private final ConflationTable table;

    // Written under the hub's lock. Each loses in the order of positions, the ring and the table; so a floor tells all
    // that one of them has lost, and two tell all of both.
    private volatile Floor lostFromRing;
    private volatile Floor lostFromTable = Floor.NONE;

    /** No entry of the table is newer. It is written before the ring lets an entry go, and read after the ring. */
    private volatile long newestInTable;

    ConflatedLog(Floor floor, TopicOptions.Conflation conflation, Topic topic) {
        super(floor);
        this.lostFromRing = floor;
        this.hubLock = conflation.hubLock();
        this.table = new ConflationTable(topic, conflation);
    }

    ConflationTable table() {
        return table;
    }

    // ---- the writer's side, under the hub's lock

    /** Before room is made for the entry: what it supersedes must not push anything out of the table. */
    @Override
    void announce(LogEntry entry, LogBounds bounds) {
        if (entry.key() != null) {
            LogEntry superseded = table.supersede(entry);
            if (superseded != null) {
                bounds.onEvicted(superseded);
            }
        }
    }

    @Override
    void evictOldestEntry(LogBounds bounds) {
        LogEntry entry = Objects.requireNonNull(oldest());
        if (!table.isLatest(entry)) {
            dropOldest(bounds);
            return;
        }
        newestInTable = entry.position;
        table.put(entry);
        evictOldest(bounds.evictions());
        bounds.onMoved(table, entry);
        for (LogEntry last = table.oldest(); last != null && table.isTooLarge(); last = table.oldest()) {
            dropOldestOfTable(bounds);
        }
    }

    /** Without a way into the table: it would be the table's oldest, and the hub's. */
    @Override
    void dropOldest(LogBounds bounds) {
        LogEntry entry = Objects.requireNonNull(oldest());
        boolean latest = table.isLatest(entry);
        if (latest || entry.key() == null) {
            lostFromRing = new Floor(entry.position, bounds.nextEviction(), entry.nanos);
        }
        if (latest) {
            table.drop(entry);
        }
        bounds.onEvicted(evictOldest(bounds.evictions()));
    }

    void dropOldestOfTable(LogBounds bounds) {
        LogEntry entry = table.oldest();
        if (entry != null) {
            lostFromTable = new Floor(entry.position, bounds.nextEviction(), entry.nanos);
            table.drop(entry);
            bounds.onEvicted(entry);
        }
    }

    @Override
    public int keptEvents() {
        return size() + table.size();
    }

    @Override
    public long keptBytes() {
        return bytes() + table.bytes();
    }

    @Override
    @Nullable
    public LogEntry oldestKept() {
        LogEntry oldest = table.oldest();
        return oldest == null ? oldest() : oldest;
    }

    @Override
    @Nullable
    public LogEntry newestKept() {
        LogEntry newest = newest();
        return newest == null ? table.newest() : newest;
    }

    @Override
    public boolean fromNewest(Predicate<LogEntry> more) {
        if (!super.fromNewest(more)) {
            return false;
        }
        for (LogEntry entry : table.newestFirst()) {
            if (!more.test(entry)) {
                return false;
            }
        }
        return true;
    }

    @Override
    @Nullable
    public LogEntry oldestSince(long since) {
        LogEntry oldest = super.oldestSince(since);
        for (LogEntry entry : table.newestFirst()) { // all of them older than the ring's
            if (entry.nanos - since < 0) {
                break;
            }
            oldest = entry;
        }
        return oldest;
    }

    // ---- the readers' side

    @Override
    long lost() {
        return Math.max(lostFromRing.position(), lostFromTable.position());
    }

    @Override
    public boolean isGap(long at, long told) {
        return lostFromRing.isGap(at, told) || lostFromTable.isGap(at, told);
    }

    @Override
    public Floor floorAsLeft() {
        return lostFromRing.max(lostFromTable);
    }

    /** May say so of an entry that has gone out of the table meanwhile; a copy then finds nothing. */
    @Override
    public boolean hasAfter(long position) {
        return super.hasAfter(position) || newestInTable > position;
    }

    @Override
    public Copied copy(long after, long head, int maxBytes, Entries into) {
        int before = into.size();
        Copied copied = super.copy(after, head, maxBytes, into);
        // Behind the copy, as ever: whoever was passed by while it read starts again, where nothing moves.
        if (floor() <= after) {
            return copied;
        }
        into.truncate(before);
        hubLock.lock();
        try {
            return copyKept(after, head, maxBytes, into);
        } finally {
            hubLock.unlock();
        }
    }

    private Copied copyKept(long after, long head, int maxBytes, Entries into) {
        int begin = into.size();
        int room = maxBytes;
        for (LogEntry entry : table.after(after)) {
            if (entry.position > head) {
                return Copied.UP_TO_HEAD;
            }
            if (into.size() > begin && entry.wire.length > room) {
                return Copied.UP_TO_ROOM;
            }
            into.add(entry);
            room -= entry.wire.length;
        }
        int fromTable = into.size();
        Copied copied = super.copy(after, head, room, into);
        // The ring's share is at least one entry, as if it were alone in the frame.
        if (fromTable > begin && into.size() > fromTable && into.get(fromTable).wire.length > room) {
            into.truncate(fromTable);
            return Copied.UP_TO_ROOM;
        }
        return copied;
    }

    @Override
    void assertValid() {
        super.assertValid();
        long sum = 0;
        for (LogEntry entry : table.after(0)) {
            if (entry.position > floor() || !table.isLatest(entry)) {
                throw new AssertionError("position " + entry.position + " in the table, floor " + floor());
            }
            sum += entry.weight();
        }
        if (sum != table.bytes()) {
            throw new AssertionError("bytes of the table: " + table.bytes() + ", but the entries weigh " + sum);
        }
    }
}
