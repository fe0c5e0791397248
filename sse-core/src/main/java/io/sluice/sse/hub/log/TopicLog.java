package io.sluice.sse.hub.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The bounded ring of one topic. Written under the hub's lock, read by lanes without it.
 *
 * <p>How a reader stays safe: it acquires the hub's head first and reads only up to it, copies references, and looks at
 * {@link #floor()} afterwards. The writer raises the floor before it overwrites or clears a slot, so a reader that met a
 * slot which is no longer what it looked for also meets the raised floor, and knows that it was lapped.
 *
 * <p>What the ring no longer has is lost, except in a topic that conflates ({@link ConflatedLog}) and where the hub has a
 * history ({@link StoredLog}).
 *
 * <p>The ring begins with one slot and doubles: most topics of a large hub keep one event.
 */
public sealed class TopicLog permits ConflatedLog, StoredLog {

    private static final LogEntry[] EMPTY = new LogEntry[0];
    private static final VarHandle SLOTS;
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(LogEntry[].class);
    private static final VarHandle OLDEST;
    private static final VarHandle NEXT;
    private static final VarHandle FLOOR;
    private static final VarHandle EVICTION;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SLOTS = lookup.findVarHandle(TopicLog.class, "slots", LogEntry[].class);
            OLDEST = lookup.findVarHandle(TopicLog.class, "oldest", long.class);
            NEXT = lookup.findVarHandle(TopicLog.class, "next", long.class);
            FLOOR = lookup.findVarHandle(TopicLog.class, "floor", long.class);
            EVICTION = lookup.findVarHandle(TopicLog.class, "eviction", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Written under the hub's lock with release, read anywhere with acquire.
    private LogEntry[] slots = EMPTY;
    private long oldest; // index of the oldest kept entry
    private long next; // index of the next entry
    private long floor; // position of the last evicted entry
    private long eviction; // its number among all evictions of the hub

    // Guarded by the hub's lock.
    private long bytes;
    private long floorNanos; // when the last evicted entry was published

    TopicLog(Floor floor) {
        this.floor = floor.position();
        this.eviction = floor.eviction();
        this.floorNanos = floor.nanos();
    }

    // ---- the writer's side, under the hub's lock

    /** The entry will be appended next: what it supersedes may go without a gap. */
    void announce(LogEntry entry, LogBounds bounds) {}

    /** Lets the oldest entry leave the ring. */
    void evictOldestEntry(LogBounds bounds) {
        bounds.onEvicted(evictOldest(bounds.nextEviction()));
    }

    /** Lets the oldest entry leave the hub, because it is the hub's oldest. */
    void dropOldest(LogBounds bounds) {
        evictOldestEntry(bounds);
    }

    /** Adds the newest entry. The caller has made room by {@link #evictOldest}; the ring itself only grows. */
    final void append(LogEntry entry) {
        int size = size();
        if (size == slots.length) {
            grow(size);
        }
        setSlotRelease(next, entry);
        bytes += entry.weight();
        // Only now can a reader find it. Volatile: the publisher reads the dirty mark next, see TopicSubscribers.mark.
        NEXT.setVolatile(this, next + 1);
    }

    /**
     * Clears the slot of the oldest entry.
     *
     * @param number of this eviction, which rises through the whole hub
     */
    final LogEntry evictOldest(long number) {
        LogEntry entry = slots[slot(oldest, slots)];
        // The number, then the floor, then the slot: a reader looks at them the other way round.
        EVICTION.setRelease(this, number);
        FLOOR.setRelease(this, entry.position);
        OLDEST.setRelease(this, oldest + 1);
        setSlotRelease(oldest - 1, null);
        bytes -= entry.weight();
        floorNanos = entry.nanos;
        if (oldest == next) {
            SLOTS.setRelease(this, EMPTY); // an idle topic keeps no array
        }
        return entry;
    }

    /** The empty ring of a topic whose events up to {@code position}, published up to then, are elsewhere. */
    final void startAfter(long position, long nanos) {
        floorNanos = nanos;
        FLOOR.setRelease(this, position);
    }

    private void grow(int size) {
        LogEntry[] larger = new LogEntry[Math.max(1, slots.length * 2)];
        for (long i = next - size; i < next; i++) {
            larger[slot(i, larger)] = slots[slot(i, slots)];
        }
        // The old array stays as it is for readers that hold it.
        SLOTS.setRelease(this, larger);
    }

    private void setSlotRelease(long index, @Nullable LogEntry entry) {
        SLOT.setRelease(slots, slot(index, slots), entry);
    }

    /** Entries in the ring. */
    final int size() {
        return (int) (next - oldest);
    }

    /** What the entries in the ring weigh. */
    final long bytes() {
        return bytes;
    }

    /** The oldest entry in the ring, or null. */
    @Nullable
    final LogEntry oldest() {
        return next == oldest ? null : slots[slot(oldest, slots)];
    }

    /** The newest entry in the ring, or null. */
    @Nullable
    final LogEntry newest() {
        return next == oldest ? null : slots[slot(next - 1, slots)];
    }

    /** Entries kept. */
    public int keptEvents() {
        return size();
    }

    /** What the kept entries weigh. */
    public long keptBytes() {
        return bytes();
    }

    /** The oldest kept entry, or null. */
    @Nullable
    public LogEntry oldestKept() {
        return oldest();
    }

    /** The newest kept entry, or null. */
    @Nullable
    public LogEntry newestKept() {
        return newest();
    }

    /** The position of the oldest kept event; 0 if there is none. */
    public long oldestKeptPosition() {
        LogEntry oldest = oldestKept();
        return oldest == null ? 0 : oldest.position;
    }

    /** The position of the newest kept event; 0 if there is none. */
    public long newestKeptPosition() {
        LogEntry newest = newestKept();
        return newest == null ? 0 : newest.position;
    }

    /**
     * Shows the kept entries, the newest first, until there is none or {@code more} says that it wants no older one.
     *
     * @return whether all were shown
     */
    public boolean fromNewest(Predicate<LogEntry> more) {
        for (long i = next - 1; i >= oldest; i--) {
            if (!more.test(slots[slot(i, slots)])) {
                return false;
            }
        }
        return true;
    }

    /** The oldest kept entry that was published at {@code since} or later, by the hub's clock; or null. */
    @Nullable
    public LogEntry oldestSince(long since) {
        long low = oldest;
        long high = next;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (slots[slot(middle, slots)].nanos - since >= 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low == next ? null : slots[slot(low, slots)];
    }

    /** Whether something that was published at {@code since} or later may be in the hub's history only. */
    public boolean isInHistorySince(long since) {
        return false;
    }

    // ---- the readers' side

    /** Position of the last entry that the ring no longer has. */
    final long floor() {
        return (long) FLOOR.getAcquire(this);
    }

    /** Position of the last lost event: whoever stands below it has missed something of this topic. */
    long lost() {
        return floor();
    }

    /** Under the hub's lock. */
    public Floor floorAsLeft() {
        return new Floor(floor, eviction, floorNanos);
    }

    /** As {@link Floor#isGap}. */
    public boolean isGap(long at, long told) {
        return floor() > at && (long) EVICTION.getAcquire(this) > told;
    }

    /** Whether a copy from {@code position} on may lack something. */
    public boolean hasPassed(long position) {
        return lost() > position;
    }

    /** Up to where something behind {@code at} is kept in the hub's history only; 0 if nothing is. */
    public long inHistory(long at) {
        return 0;
    }

    /** How a copy ended. */
    public enum Copied {
        /** The ring holds nothing newer. */
        ALL,
        /** The ring holds entries newer than the head that the reader has. */
        UP_TO_HEAD,
        /** There was no room for all entries up to the head. */
        UP_TO_ROOM
    }

    /**
     * Copies the entries in {@code (after, head]} to {@code into}, oldest first, until {@code maxBytes} are exceeded; at
     * least one is copied if there is one.
     */
    public Copied copy(long after, long head, int maxBytes, Entries into) {
        // In this order: an array read after the end index holds every entry below it.
        long end = (long) NEXT.getVolatile(this);
        long begin = (long) OLDEST.getAcquire(this);
        LogEntry[] array = (LogEntry[]) SLOTS.getAcquire(this);
        return copy(after, head, maxBytes, into, array, begin, end);
    }

    /** The second half of a copy, which the writer may have overtaken since the first; apart, so that a test can. */
    public static Copied copy(
            long after, long head, int maxBytes, Entries into, LogEntry[] array, long begin, long end) {
        if (array.length == 0 || begin >= end) {
            return Copied.ALL;
        }
        int room = maxBytes;
        boolean newer = false;
        for (long i = firstAfter(after, begin, end, array); i < end; i++) {
            LogEntry entry = (LogEntry) SLOT.getAcquire(array, slot(i, array));
            if (entry == null || entry.position <= after) {
                continue; // evicted under our eyes: the floor says so
            }
            if (entry.position > head) {
                // Usually the end of the range. But the slot of an old entry, which the reader had long seen and no
                // floor tells of, may have been taken by a new one: then what is asked for still follows.
                newer = true;
                continue;
            }
            if (room < maxBytes && entry.wire.length > room) {
                return Copied.UP_TO_ROOM;
            }
            into.add(entry);
            room -= entry.wire.length;
        }
        return newer ? Copied.UP_TO_HEAD : Copied.ALL;
    }

    /** Whether an entry newer than {@code position} is kept, as far as this thread sees. */
    public boolean hasAfter(long position) {
        long end = (long) NEXT.getVolatile(this);
        LogEntry[] array = (LogEntry[]) SLOTS.getAcquire(this);
        if (array.length == 0 || end == 0) {
            return false;
        }
        LogEntry entry = (LogEntry) SLOT.getAcquire(array, slot(end - 1, array));
        return entry != null && entry.position > position;
    }

    /** The index of the first entry behind {@code after}: near the end when live, found by halving when far back. */
    private static long firstAfter(long after, long begin, long end, LogEntry[] array) {
        long low = begin;
        long high = end;
        for (long step = 1; high - low > 0; step <<= 1) {
            long probe = Math.max(low, end - step);
            if (isAfter(after, probe, array)) {
                high = probe;
                if (probe == low) {
                    return low;
                }
            } else {
                low = probe + 1;
                break;
            }
        }
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (isAfter(after, middle, array)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** An empty slot is an evicted one, so it counts as older. */
    private static boolean isAfter(long after, long index, LogEntry[] array) {
        LogEntry entry = (LogEntry) SLOT.getAcquire(array, slot(index, array));
        return entry != null && entry.position > after;
    }

    private static int slot(long index, LogEntry[] array) {
        return (int) index & (array.length - 1);
    }

    /** For tests. */
    LogEntry[] slots() {
        return slots;
    }

    /** For tests: positions rise, the bytes add up, the floor lies below everything kept. */
    void assertValid() {
        long sum = 0;
        long previous = floor;
        for (long i = oldest; i < next; i++) {
            LogEntry entry = slots[slot(i, slots)];
            if (entry.position <= previous) {
                throw new AssertionError("position " + entry.position + " follows " + previous);
            }
            previous = entry.position;
            sum += entry.weight();
        }
        if (sum != bytes) {
            throw new AssertionError("bytes: " + bytes + ", but the entries weigh " + sum);
        }
    }
}
