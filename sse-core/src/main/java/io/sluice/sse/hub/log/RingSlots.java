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

    private static long chunk(long index) {
        return index >>> CHUNK_BITS;
    }

    /** @param length a power of two */
    private static int slot(long index, int length) {
        return (int) index & (length - 1);
    }
}
