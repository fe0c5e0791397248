package io.sluice.sse.hub.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The bounded ring of one topic. Written under the hub's lock, read by lanes without it.
 *
 * <p>A reader reads in this order: it acquires the hub's head, copies references of entries up to that head, and reads
 * the floor last. The writer raises the floor before it overwrites or clears a slot. So a reader that missed an entry
 * because its slot had changed also sees the raised floor, and knows that it was lapped.
 *
 * <p>An entry that leaves the ring is lost. There are three exceptions: a topic that conflates ({@link ConflatedLog}),
 * a hub that has a history ({@link StoredLog}), and one whose backplane keeps the sequence ({@link BackplaneLog}).
 *
 * <p>{@link RingSlots} has the entries.
 */
public sealed class TopicLog permits ConflatedLog, PagedLog {

    private static final VarHandle SLOTS;
    private static final VarHandle OLDEST;
    private static final VarHandle NEXT;
    private static final VarHandle FLOOR;
    private static final VarHandle EVICTION;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SLOTS = lookup.findVarHandle(TopicLog.class, "slots", Object[].class);
            OLDEST = lookup.findVarHandle(TopicLog.class, "oldest", long.class);
            NEXT = lookup.findVarHandle(TopicLog.class, "next", long.class);
            FLOOR = lookup.findVarHandle(TopicLog.class, "floor", long.class);
            EVICTION = lookup.findVarHandle(TopicLog.class, "eviction", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Written under the hub's lock with release, read anywhere with acquire.
    private Object[] slots = RingSlots.EMPTY;
    private long oldest; // the index of the oldest entry
    private long next; // the index of the next entry
    private long floor; // the position of the last evicted entry
    private long eviction; // the number of that eviction in the hub

    // Guarded by the hub's lock.
    private long bytes;
    private long floorNanos; // when the last evicted entry was published, by the hub's clock
    private @Nullable PackedEntries spare; // an evicted chunk, whose memory the next one uses

    TopicLog(Floor floor) {
        this.floor = floor.position();
        this.eviction = floor.eviction();
        this.floorNanos = floor.nanos();
    }

    // ---- the writer's side, under the hub's lock

    /** Prepares for the entry that is appended next: the entry that it supersedes can be evicted without a gap. */
    void beforeAppend(LogEntry entry, LogBounds bounds) {}

    /** Evicts the oldest entry from the ring. */
    void evictOldestEntry(LogBounds bounds) {
        bounds.onEvicted(evictOldest(bounds, bounds.nextEviction()));
    }

    /** Evicts the oldest entry from memory, because it is the oldest entry of the hub. */
    void dropOldest(LogBounds bounds) {
        evictOldestEntry(bounds);
    }

    /**
     * Evicts the entries up to {@code position}, at most {@code max} of them, as lost.
     *
     * @return whether none of them is left
     */
    boolean evictUpTo(long position, int max, LogBounds bounds) {
        for (int i = 0; i < max; i++) {
            if (size() == 0 || oldestPosition() > position) {
                return true;
            }
            dropOldest(bounds);
        }
        return size() == 0 || oldestPosition() > position;
    }

    /** Whether the latest event of a key was lost, so that a client that asks for all of the state misses some. */
    boolean isStateLost() {
        return false;
    }

    /** The topic was removed on purpose: a later client does not miss what it held. */
    void forgetLostState() {}

    /** Adds the newest entry. The caller has evicted what exceeds a bound; the ring itself only grows. */
    final void append(LogEntry entry) {
        Object[] current = slots;
        Object[] roomy = RingSlots.withRoom(current, oldest, next);
        if (roomy != current) {
            SLOTS.setRelease(this, roomy);
        }
        RingSlots.setRelease(roomy, next, entry);
        if (RingSlots.packsPrevious(roomy, next)) {
            spare = RingSlots.packPrevious(roomy, next, entry.nanos, spare);
        }
        bytes += entry.weight();
        // From here on a reader can find the entry. The write is volatile, because the publisher next reads whether the
        // topic is already marked dirty (TopicListener.mark).
        NEXT.setVolatile(this, next + 1);
    }

    /**
     * Clears the slot of the oldest entry.
     *
     * @param number the number of this eviction; it rises across all topics of the hub
     */
    final LogEntry evictOldest(long number) {
        LogEntry entry = RingSlots.get(slots, oldest);
        // In this order: number, floor, slot. A reader reads them in the opposite order.
        EVICTION.setRelease(this, number);
        FLOOR.setRelease(this, entry.position);
        OLDEST.setRelease(this, oldest + 1);
        PackedEntries cleared = RingSlots.clearRelease(slots, oldest - 1);
        spare = cleared == null ? spare : cleared;
        bytes -= entry.weight();
        floorNanos = entry.nanos;
        if (oldest == next) {
            SLOTS.setRelease(this, RingSlots.EMPTY); // an empty ring keeps no array
            spare = null;
        }
        return entry;
    }

    /** As {@link #evictOldest(long)}. The bounds learn that the ring is empty. */
    final LogEntry evictOldest(LogBounds bounds, long number) {
        LogEntry entry = evictOldest(number);
        if (size() == 0) {
            bounds.onRingEmptied(entry.topic);
        }
        return entry;
    }

    /**
     * Sets the floor of an empty ring: the events up to {@code position} are kept elsewhere, and all of them were
     * published up to {@code nanos}.
     */
    final void startAfter(long position, long nanos) {
        floorNanos = nanos;
        FLOOR.setRelease(this, position);
    }

    /** Events up to this floor are not in memory, and are not lost with that. The ring is empty. */
    void beginAfter(Floor floor) {}

    /** The number of entries in the ring. */
    final int size() {
        return (int) (next - oldest);
    }

    /** The weight of the entries in the ring. */
    final long bytes() {
        return bytes;
    }

    /** The oldest entry in the ring, or null. It may be a copy, made for this call. */
    @Nullable
    final LogEntry oldest() {
        return next == oldest ? null : RingSlots.get(slots, oldest);
    }

    /** The position of the oldest entry in the ring; 0 if there is none. */
    final long oldestPosition() {
        return next == oldest ? 0 : RingSlots.position(slots, oldest);
    }

    /** When the oldest entry in the ring was published. There must be one. */
    final long oldestNanos() {
        return RingSlots.nanos(slots, oldest);
    }

    /** The newest entry in the ring, or null. */
    @Nullable
    final LogEntry newest() {
        return next == oldest ? null : RingSlots.get(slots, next - 1);
    }

    /** The number of kept entries. */
    public int keptEvents() {
        return size();
    }

    /** The weight of the kept entries. */
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
     * Calls {@code action} with the positions of the kept entries, the newest first, until it returns false.
     *
     * @return whether it returned true for all positions
     */
    public boolean forEachNewestPosition(LongPredicate action) {
        for (long i = next - 1; i >= oldest; i--) {
            if (!action.test(RingSlots.position(slots, i))) {
                return false;
            }
        }
        return true;
    }

    /**
     * The oldest kept entry that was published at or after {@code since}, by the hub's clock; null if there is none.
     */
    @Nullable
    public LogEntry oldestSince(long since) {
        long low = oldest;
        long high = next;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (RingSlots.nanos(slots, middle) - since >= 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low == next ? null : RingSlots.get(slots, low);
    }

    /** Whether an event that was published at or after {@code since} may be in the history only. */
    public boolean isInHistorySince(long since) {
        return false;
    }

    /**
     * The position of the oldest kept event after {@code after}, or a lower one that is still after it; 0 if there is
     * none.
     */
    public long oldestKeptAfter(long after) {
        return newestKeptPosition() > after ? Math.max(after + 1, oldestKeptPosition()) : 0;
    }

    /** Whether there may be events beyond those that {@link #keptEvents} counts. */
    public boolean hasUncountedEvents() {
        return false;
    }

    /** The floor of the lost events. */
    Floor lostFloor() {
        return ringFloor();
    }

    /** The floor of the events that have left the memory, if they are not lost with that; otherwise none. */
    Floor evictedFloor() {
        return Floor.NONE;
    }

    /** The floor of the events that have left the ring. */
    final Floor ringFloor() {
        return new Floor(floor, eviction, floorNanos);
    }

    /** Whether an event that was published at or after {@code since}, by the hub's clock, was lost. */
    public boolean isLostSince(long since) {
        return lostFloor().isLostSince(since);
    }

    // ---- the readers' side

    /** The position of the last entry that has left the ring. */
    final long floor() {
        return (long) FLOOR.getAcquire(this);
    }

    /** The number of the last eviction, if it is read after the floor. */
    final long lastEviction() {
        return (long) EVICTION.getAcquire(this);
    }

    /** The position of the last lost event. A client at a lower position has missed events of this topic. */
    long lostPosition() {
        return floor();
    }

    /** As {@link Floor#isGap}. */
    public boolean isGap(long position, long reportedEvictions) {
        return floor() > position && lastEviction() > reportedEvictions;
    }

    /**
     * As {@link #isGap(long, long)}. The last events of removed keys count only if they are after {@code keysPosition}.
     */
    boolean isGap(long position, long keysPosition, long reportedEvictions) {
        return isGap(position, reportedEvictions);
    }

    /** Whether a copy of the entries after {@code position} may be incomplete. To be called after the copy. */
    public final boolean isLapped(long position) {
        return lapPosition() > position;
    }

    /** A copy of the entries after this position is complete, if this value is read after the copy. */
    public long lapPosition() {
        return lostPosition();
    }

    /** The position up to which events after {@code position} are kept in the history only; 0 if there are none. */
    public long historyUpTo(long position) {
        return 0;
    }

    /** How a copy ended. */
    public enum Copied {
        /** The ring has no newer entry. */
        ALL,
        /** The ring has entries that are newer than the reader's head. */
        UP_TO_HEAD,
        /** The entries up to the head exceeded the maximum number of bytes. */
        UP_TO_ROOM
    }

    /**
     * Copies the entries in {@code (after, head]} to {@code into}, the oldest first, up to {@code maxBytes}. If there
     * is an entry, at least one is copied.
     */
    public Copied copy(long after, long head, int maxBytes, Entries into) {
        // In this order: an array that is read after the end index contains every entry below that index.
        long end = (long) NEXT.getVolatile(this);
        long begin = (long) OLDEST.getAcquire(this);
        Object[] array = (Object[]) SLOTS.getAcquire(this);
        return RingSlots.copy(array, begin, end, after, head, maxBytes, into);
    }

    /** Whether an entry newer than {@code position} is kept, as far as this thread can see. */
    public boolean hasAfter(long position) {
        long end = (long) NEXT.getVolatile(this);
        Object[] array = (Object[]) SLOTS.getAcquire(this);
        if (array.length == 0 || end == 0) {
            return false;
        }
        return RingSlots.positionAcquire(array, end - 1) > position;
    }

    /**
     * The position of the first kept entry after {@code after}, or a lower one that is still after it; 0 if there is
     * none. To be checked against {@link #lapPosition} afterwards, as a copy.
     */
    public long nextAfter(long after) {
        long end = (long) NEXT.getVolatile(this);
        long begin = (long) OLDEST.getAcquire(this);
        Object[] array = (Object[]) SLOTS.getAcquire(this);
        if (array.length == 0 || begin >= end) {
            return 0;
        }
        for (long i = RingSlots.firstAfter(array, begin, end, after); i < end; i++) {
            long position = RingSlots.positionAcquire(array, i);
            if (position > after) {
                // A newer entry may have taken the slot of an old one. The entries between the two still follow.
                return (long) OLDEST.getAcquire(this) > i ? after + 1 : position;
            }
        }
        return 0;
    }

    /** For tests. */
    Object[] slots() {
        return slots;
    }

    /** For tests: positions rise, the sum of the weights is right, and the floor is below all kept entries. */
    void assertValid() {
        long sum = 0;
        long previous = floor;
        for (long i = oldest; i < next; i++) {
            LogEntry entry = RingSlots.get(slots, i);
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
