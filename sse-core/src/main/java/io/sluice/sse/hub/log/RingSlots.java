package io.sluice.sse.hub.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Where a ring keeps its entries. An entry has an index that only rises. A ring of at most {@value #CHUNK} entries is
 * one array, which starts with one slot and doubles, since most topics of a large hub keep one event. A larger ring is
 * a table of chunks. A chunk is allocated when its first entry is appended, and left to the garbage collector when its
 * last entry has been evicted.
 *
 * <p>The chunks are there for the garbage collector. A large array soon is in the old generation, and each new entry in
 * it would be a reference from the old generation to the young one. G1 examines all 128 slots around such a reference
 * soon after the write. With thousands of busy topics that is a tenth of the processor time. A new chunk is in the
 * young generation, and so are the entries that it receives.
 *
 * <p>Written under the hub's lock, read by lanes without it. The methods with {@code Acquire} in their names are for
 * readers without the lock. An array or a table that was replaced because the ring has grown is not changed any more,
 * but its chunks are.
 */
final class RingSlots {

    /** The entries of one chunk. A power of two. */
    static final int CHUNK = 16;

    private static final int CHUNK_BITS = 4;

    /** The slots of an empty ring. */
    static final Object[] EMPTY = new LogEntry[0];

    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(LogEntry[].class);
    private static final VarHandle TABLE = MethodHandles.arrayElementVarHandle(LogEntry[][].class);

    private RingSlots() {}

    // ---- under the hub's lock

    /** The entry at an index that the ring has. */
    static LogEntry get(Object[] slots, long index) {
        if (slots instanceof LogEntry[] single) {
            return single[slot(index, single.length)];
        }
        return ((LogEntry[][]) slots)[slot(chunk(index), slots.length)][slot(index, CHUNK)];
    }

    /**
     * Makes room for the next entry.
     *
     * @param oldest the index of the oldest entry
     * @param next the index of the next entry
     * @return the same slots, or larger ones with the same entries
     */
    static Object[] withRoom(Object[] slots, long oldest, long next) {
        if (slots instanceof LogEntry[] single) {
            if (next - oldest < single.length) {
                return slots;
            }
            return single.length < CHUNK ? doubled(single, oldest, next) : toChunks(single, oldest, next);
        }
        boolean fits = chunk(next) - chunk(oldest) < slots.length;
        return fits ? slots : doubled((LogEntry[][]) slots, oldest, next);
    }

    private static LogEntry[] doubled(LogEntry[] single, long oldest, long next) {
        LogEntry[] larger = new LogEntry[Math.max(1, single.length * 2)];
        for (long i = oldest; i < next; i++) {
            larger[slot(i, larger.length)] = get(single, i);
        }
        return larger;
    }

    private static LogEntry[][] toChunks(LogEntry[] single, long oldest, long next) {
        LogEntry[][] table = new LogEntry[2][];
        for (long i = oldest; i < next; i++) {
            setRelease(table, i, get(single, i));
        }
        return table;
    }

    private static LogEntry[][] doubled(LogEntry[][] table, long oldest, long next) {
        LogEntry[][] larger = new LogEntry[table.length * 2][];
        for (long c = chunk(oldest); c <= chunk(next - 1); c++) {
            larger[slot(c, larger.length)] = table[slot(c, table.length)];
        }
        return larger;
    }

    /** Sets the next entry. There is room for it. */
    static void setRelease(Object[] slots, long index, LogEntry entry) {
        if (slots instanceof LogEntry[] single) {
            ENTRY.setRelease(single, slot(index, single.length), entry);
            return;
        }
        LogEntry[][] table = (LogEntry[][]) slots;
        int at = slot(chunk(index), table.length);
        LogEntry[] chunk = table[at];
        if (chunk == null) {
            chunk = new LogEntry[CHUNK];
            TABLE.setRelease(table, at, chunk);
        }
        ENTRY.setRelease(chunk, slot(index, CHUNK), entry);
    }

    /** Clears the slot of the oldest entry. */
    static void clearRelease(Object[] slots, long index) {
        if (slots instanceof LogEntry[] single) {
            ENTRY.setRelease(single, slot(index, single.length), null);
            return;
        }
        LogEntry[][] table = (LogEntry[][]) slots;
        int at = slot(chunk(index), table.length);
        ENTRY.setRelease(table[at], slot(index, CHUNK), null);
        if (slot(index, CHUNK) == CHUNK - 1) {
            TABLE.setRelease(table, at, null);
        }
    }

    // ---- without a lock

    /**
     * The entry in the slot of an index: null if the entry was evicted, or a newer one if that has taken the slot
     * meanwhile.
     */
    static @Nullable LogEntry getAcquire(Object[] slots, long index) {
        if (slots instanceof LogEntry[] single) {
            return (LogEntry) ENTRY.getAcquire(single, slot(index, single.length));
        }
        LogEntry[][] table = (LogEntry[][]) slots;
        LogEntry[] chunk = (LogEntry[]) TABLE.getAcquire(table, slot(chunk(index), table.length));
        return chunk == null ? null : (LogEntry) ENTRY.getAcquire(chunk, slot(index, CHUNK));
    }

    /**
     * As {@link TopicLog#copy}, from the entries with an index in {@code [begin, end)}. The writer may evict and append
     * after these were read; a test does so on purpose.
     */
    static TopicLog.Copied copy(
            Object[] slots, long begin, long end, long after, long head, int maxBytes, Entries into) {
        if (slots.length == 0 || begin >= end) {
            return TopicLog.Copied.ALL;
        }
        int room = maxBytes;
        boolean newer = false;
        for (long i = firstAfter(slots, begin, end, after); i < end; i++) {
            LogEntry entry = getAcquire(slots, i);
            if (entry == null || entry.position <= after) {
                continue; // evicted during the copy; the floor shows it
            }
            if (entry.position > head) {
                // Usually this is the end of the range. But a new entry may have taken the slot of an old one that the
                // reader already had. The floor does not show that, and the requested entries still follow.
                newer = true;
                continue;
            }
            if (room < maxBytes && entry.wire.length > room) {
                return TopicLog.Copied.UP_TO_ROOM;
            }
            into.add(entry);
            room -= entry.wire.length;
        }
        return newer ? TopicLog.Copied.UP_TO_HEAD : TopicLog.Copied.ALL;
    }

    /**
     * The index of the first entry after {@code after}: a search from the end, whose steps double, then a binary one.
     */
    static long firstAfter(Object[] slots, long begin, long end, long after) {
        long low = begin;
        long high = end;
        for (long step = 1; high - low > 0; step <<= 1) {
            long probe = Math.max(low, end - step);
            if (isAfter(slots, probe, after)) {
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
            if (isAfter(slots, middle, after)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** An empty slot was evicted, so it counts as older. */
    private static boolean isAfter(Object[] slots, long index, long after) {
        LogEntry entry = getAcquire(slots, index);
        return entry != null && entry.position > after;
    }

    private static long chunk(long index) {
        return index >>> CHUNK_BITS;
    }

    /** @param length a power of two */
    private static int slot(long index, int length) {
        return (int) index & (length - 1);
    }
}
