package io.sluice.sse.hub.log;

import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The log of a topic that conflates: a ring, and a table below it. The table has the latest event of each key that is
 * no longer in the ring. An event leaves the ring without a gap if a newer event of its key was published; if none was,
 * it moves to the table. An event without a key that leaves the ring, and an event that leaves the table, are lost.
 * Only these make a gap, and the last event of a key that its publisher has removed.
 *
 * <p>So two values differ here: what the ring no longer has ({@link #floor}) and what was lost ({@link #lostPosition}).
 * A reader copies from the ring without a lock, as from any other ring. If the ring has lapped it, the reader takes the
 * hub's lock and copies a part of table and ring, which do not change under the lock. That is at most one frame.
 */
final class ConflatedLog extends TopicLog {

    private final ReentrantLock hubLock;
    private final ConflationTable table;

    // Written under the hub's lock, read anywhere. Ring and table each lose entries in the order of positions. So one
    // floor describes all losses of one of them, and two floors describe all losses.
    private volatile Floor lostFromRing;
    private volatile Floor lostFromTable = Floor.NONE;
    /** Of the last events of removed keys. A client that begins without any state does not miss them. */
    private volatile Floor lostOfRemovedKeys = Floor.NONE;

    /** In a hub whose backplane keeps the sequence: events up to this floor were never in memory, but can be read. */
    private volatile Floor begin;
    /** What such a backplane has trimmed; otherwise null. */
    private final @Nullable TrimmedSequence trimmed;

    /** Whether the latest event of a key was lost, although nobody removed the key. Guarded by the hub's lock. */
    private boolean stateLost;

    /** No entry of the table is newer. Written before an entry leaves the ring, read after the ring. */
    private volatile long newestInTable;

    /**
     * @param before what an earlier topic of this name has lost
     * @param begin the floor of what was never in memory, but can be read
     * @param trimmed what a backplane has trimmed, if it keeps what the rings evict; otherwise null
     */
    ConflatedLog(RemovedTopicFloors.Removed before, Floor begin, @Nullable TrimmedSequence trimmed, Topic topic) {
        super(before.floor());
        this.lostFromRing = before.floor();
        this.stateLost = before.stateLost();
        this.begin = begin;
        this.trimmed = trimmed;
        TopicOptions.Conflation conflation = Objects.requireNonNull(topic.rule.conflation());
        this.hubLock = conflation.hubLock();
        this.table = new ConflationTable(topic, conflation);
    }

    ConflationTable table() {
        return table;
    }

    // ---- the writer's side, under the hub's lock

    /** Removes the superseded entry before room is made for the new one: it must not displace another table entry. */
    @Override
    void beforeAppend(LogEntry entry, LogBounds bounds) {
        assert hubLock.isHeldByCurrentThread();
        if (entry.key() != null) {
            LogEntry superseded = table.supersede(entry);
            if (superseded != null) {
                bounds.onEvicted(superseded);
            }
        }
    }

    @Override
    void evictOldestEntry(LogBounds bounds) {
        assert hubLock.isHeldByCurrentThread();
        LogEntry entry = Objects.requireNonNull(oldest());
        if (!table.isLatest(entry)) {
            dropOldest(bounds);
            return;
        }
        newestInTable = entry.position;
        table.put(entry);
        evictOldest(bounds, bounds.evictions());
        bounds.onMoved(table, entry);
        for (LogEntry last = table.oldest(); last != null && table.isTooLarge(); last = table.oldest()) {
            dropOldestOfTable(bounds);
        }
    }

    /** Does not move the entry to the table: there it would be the oldest entry of the hub again. */
    @Override
    void dropOldest(LogBounds bounds) {
        assert hubLock.isHeldByCurrentThread();
        LogEntry entry = Objects.requireNonNull(oldest());
        boolean latest = table.isLatest(entry);
        if (latest || entry.key() == null) {
            lostFromRing = new Floor(entry.position, bounds.nextEviction(), entry.nanos);
        } else if (entry instanceof LogEntry.WithKey removed && removed.isKeyRemoved()) {
            removedKeyLost(entry, bounds);
        }
        if (latest) {
            table.drop(entry);
            stateLost = true;
        }
        bounds.onEvicted(evictOldest(bounds, bounds.evictions()));
    }

    void dropOldestOfTable(LogBounds bounds) {
        assert hubLock.isHeldByCurrentThread();
        LogEntry entry = table.oldest();
        if (entry != null) {
            lostFromTable = new Floor(entry.position, bounds.nextEviction(), entry.nanos);
            table.drop(entry);
            stateLost = true;
            bounds.onEvicted(entry);
        }
    }

    /** Removes a key: the topic keeps no state of it. Its last event stays in the ring as long as others do. */
    void removeKey(String key, LogBounds bounds) {
        assert hubLock.isHeldByCurrentThread();
        LogEntry entry = table.remove(key);
        if (entry != null) {
            removedKeyLost(entry, bounds);
            bounds.onEvicted(entry);
        }
    }

    /** A client that has an older event of this key must learn that it does not have the last one. */
    private void removedKeyLost(LogEntry entry, LogBounds bounds) {
        lostOfRemovedKeys = lostOfRemovedKeys.max(new Floor(entry.position, bounds.nextEviction(), entry.nanos));
    }

    @Override
    boolean evictUpTo(long position, int max, LogBounds bounds) {
        assert hubLock.isHeldByCurrentThread();
        int left = max;
        for (LogEntry entry = table.oldest(); entry != null && entry.position <= position; entry = table.oldest()) {
            if (left-- == 0) {
                return false;
            }
            dropOldestOfTable(bounds);
        }
        for (LogEntry entry = oldest(); entry != null && entry.position <= position; entry = oldest()) {
            if (left-- == 0) {
                return false;
            }
            dropOldest(bounds);
        }
        return true;
    }

    @Override
    void beginAfter(Floor floor) {
        begin = floor;
    }

    @Override
    public boolean isInHistorySince(long since) {
        return historyUpTo(0) > 0 && begin.isLostSince(since);
    }

    @Override
    public boolean isLostSince(long since) {
        boolean isTrimmed =
                begin.position() > 0 && trimmed != null && trimmed.floor().isLostSince(since);
        return isTrimmed || super.isLostSince(since);
    }

    @Override
    boolean isStateLost() {
        assert hubLock.isHeldByCurrentThread();
        return stateLost;
    }

    @Override
    void forgetLostState() {
        assert hubLock.isHeldByCurrentThread();
        stateLost = false;
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
    public boolean forEachNewestPosition(LongPredicate action) {
        if (!super.forEachNewestPosition(action)) {
            return false;
        }
        for (LogEntry entry : table.newestFirst()) {
            if (!action.test(entry.position)) {
                return false;
            }
        }
        return true;
    }

    @Override
    @Nullable
    public LogEntry oldestSince(long since) {
        LogEntry oldest = super.oldestSince(since);
        for (LogEntry entry : table.newestFirst()) { // all of them are older than the entries of the ring
            if (entry.nanos - since < 0) {
                break;
            }
            oldest = entry;
        }
        return oldest;
    }

    @Override
    Floor lostFloor() {
        return lostFromRing.max(lostFromTable).max(lostOfRemovedKeys);
    }

    // ---- the readers' side

    @Override
    long lostPosition() {
        return Math.max(Math.max(lostFromRing.position(), lostFromTable.position()), lostOfRemovedKeys.position());
    }

    @Override
    public boolean isGap(long position, long reportedEvictions) {
        return isGap(position, position, reportedEvictions);
    }

    @Override
    boolean isGap(long position, long keysPosition, long reportedEvictions) {
        boolean isTrimmed = begin.position() > position
                && trimmed != null
                && trimmed.floor().isGap(position, reportedEvictions);
        return isTrimmed
                || lostFromRing.isGap(position, reportedEvictions)
                || lostFromTable.isGap(position, reportedEvictions)
                || lostOfRemovedKeys.isGap(keysPosition, reportedEvictions);
    }

    @Override
    public long historyUpTo(long position) {
        long upTo = begin.position();
        return trimmed != null && upTo > Math.max(position, trimmed.floor().position()) ? upTo : 0;
    }

    /** May be true because of an entry that has left the table meanwhile. A copy then finds nothing. */
    @Override
    public boolean hasAfter(long position) {
        return super.hasAfter(position) || newestInTable > position;
    }

    @Override
    public Copied copy(long after, long head, int maxBytes, Entries into) {
        int before = into.size();
        Copied copied = super.copy(after, head, maxBytes, into);
        // The floor is read after the copy, as always. A reader that was lapped copies again under the lock.
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

    @Override
    public long nextAfter(long after) {
        long next = super.nextAfter(after);
        if (floor() <= after) { // as in a copy
            return next;
        }
        hubLock.lock();
        try {
            for (LogEntry entry : table.after(after)) {
                return entry.position;
            }
            return super.nextAfter(after);
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
        // The ring copies at least one entry, as if it had the frame for itself. Undo that if it does not fit.
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
