package io.sluice.sse.hub.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a ring keeps its entries. An entry has an index that only rises. A ring of at most {@value #CHUNK} entries is
 * one array, which starts with one slot and doubles, since most topics of a large hub keep one event. A larger ring is
 * a table of chunks. A chunk is allocated when its first entry is appended, and left to the garbage collector when its
 * last entry has been evicted.
 *
 * <p>A ring keeps all but its youngest chunks packed ({@link PackedEntries}). Lanes usually read the youngest entries,
 * so these are kept as objects. An evicted chunk that was packed lends its memory to the next one that is packed.
 *
 * <p>The chunks are there for the garbage collector. A large array soon is in the old generation, and each new entry in
 * it would be a reference from the old generation to the young one. G1 examines all 128 slots around such a reference
 * soon after the write. With thousands of busy topics that is a tenth of the processor time. A new chunk is in the
 * young generation, and so are the entries that it receives. A collection of the young generation copies whatever was
 * allocated since the last one and is still kept. Packed chunks whose memory is used again are not among it.
 *
 * <p>Written under the hub's lock, read by lanes without it. The methods with {@code Acquire} in their names are for
 * readers without the lock. An array or a table that was replaced because the ring has grown is not changed any more,
 * but its chunks are.
 */
final class RingSlots {

    /** The entries of one chunk. A power of two. */
    static final int CHUNK = 16;

    private static final int CHUNK_BITS = 4;

    /** When a chunk has this many entries, the one before it is packed. */
    private static final int PACKS_PREVIOUS = CHUNK / 2;

    /** A chunk is packed at once if its entries are older than this: lanes have hardly any of them to read. */
    private static final long SETTLED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** A smaller ring has hardly a chunk that is not among its youngest. */
    private static final int MIN_TABLE_TO_PACK = 4;

    /** The slots of an empty ring. */
    static final Object[] EMPTY = new LogEntry[0];

    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(LogEntry[].class);
    private static final VarHandle TABLE = MethodHandles.arrayElementVarHandle(Object[].class);

    private RingSlots() {}

    // ---- under the hub's lock

    /** The entry at an index that the ring has. */
    static LogEntry get(Object[] slots, long index) {
        if (slots instanceof LogEntry[] single) {
            return single[slot(index, single.length)];
        }
        Object chunk = slots[slot(chunk(index), slots.length)];
        return chunk instanceof PackedEntries packed
                ? Objects.requireNonNull(packed.get(slot(index, CHUNK), chunk(index)))
                : ((LogEntry[]) chunk)[slot(index, CHUNK)];
    }

    /** The position of the entry at an index that the ring has. A packed entry is not made again for that. */
    static long position(Object[] slots, long index) {
        if (!(slots instanceof LogEntry[]) && slots[slot(chunk(index), slots.length)] instanceof PackedEntries packed) {
            return packed.position(slot(index, CHUNK), chunk(index));
        }
        return get(slots, index).position;
    }

    /** When the entry at an index that the ring has was published. */
    static long nanos(Object[] slots, long index) {
        if (!(slots instanceof LogEntry[]) && slots[slot(chunk(index), slots.length)] instanceof PackedEntries packed) {
            return packed.nanos(slot(index, CHUNK), chunk(index));
        }
        return get(slots, index).nanos;
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
        return fits ? slots : doubledTable(slots, oldest, next);
    }

    private static LogEntry[] doubled(LogEntry[] single, long oldest, long next) {
        LogEntry[] larger = new LogEntry[Math.max(1, single.length * 2)];
        for (long i = oldest; i < next; i++) {
            larger[slot(i, larger.length)] = get(single, i);
        }
        return larger;
    }

    private static Object[] toChunks(LogEntry[] single, long oldest, long next) {
        Object[] table = new Object[2];
        for (long i = oldest; i < next; i++) {
            setRelease(table, i, get(single, i));
        }
        return table;
    }

    private static Object[] doubledTable(Object[] table, long oldest, long next) {
        Object[] larger = new Object[table.length * 2];
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
        int at = slot(chunk(index), slots.length);
        LogEntry[] chunk = (LogEntry[]) slots[at];
        if (chunk == null) {
            chunk = new LogEntry[CHUNK];
            TABLE.setRelease(slots, at, chunk);
        }
        ENTRY.setRelease(chunk, slot(index, CHUNK), entry);
    }

    /** Whether {@link #packPrevious} has something to do, after the newest entry has got this index. */
    static boolean packsPrevious(Object[] slots, long index) {
        int at = slot(index, CHUNK);
        return (at == 0 || at == PACKS_PREVIOUS - 1)
                && slots.length >= MIN_TABLE_TO_PACK
                && !(slots instanceof LogEntry[]);
    }

    /**
     * Packs the chunk before that of the newest entry, if it is full. The chunk of the oldest entry stays as it is once
     * an entry of it was evicted.
     *
     * @param nanos when the newest entry was published
     * @param spare an evicted chunk, whose memory may be used; or null
     * @return the spare chunk if its memory was not used; otherwise null
     */
    static @Nullable PackedEntries packPrevious(
            Object[] table, long newest, long nanos, @Nullable PackedEntries spare) {
        long number = chunk(newest) - 1;
        int at = slot(number, table.length);
        if (!(table[at] instanceof LogEntry[] chunk) || (slot(newest, CHUNK) == 0 && !isSettled(chunk, nanos))) {
            return spare;
        }
        PackedEntries packed = PackedEntries.pack(chunk, number, spare);
        if (packed == null) {
            return spare;
        }
        TABLE.setRelease(table, at, packed);
        return packed == spare ? null : spare;
    }

    private static boolean isSettled(LogEntry[] chunk, long nanos) {
        LogEntry last = chunk[CHUNK - 1];
        return last != null && nanos - last.nanos > SETTLED_NANOS;
    }

    /**
     * Clears the slot of the oldest entry. A packed chunk is cleared with its last entry.
     *
     * @return the packed chunk that was cleared, whose memory may be used again; otherwise null
     */
    static @Nullable PackedEntries clearRelease(Object[] slots, long index) {
        if (slots instanceof LogEntry[] single) {
            ENTRY.setRelease(single, slot(index, single.length), null);
            return null;
        }
        int at = slot(chunk(index), slots.length);
        Object chunk = slots[at];
        if (chunk instanceof LogEntry[] entries) {
            ENTRY.setRelease(entries, slot(index, CHUNK), null);
        }
        if (slot(index, CHUNK) < CHUNK - 1) {
            return null;
        }
        TABLE.setRelease(slots, at, null);
        return chunk instanceof PackedEntries packed ? packed : null;
    }

    // ---- without a lock

    /**
     * The entry in the slot of an index. If the entry was evicted, it is null, or a newer one that has taken the slot
     * meanwhile, or still the same one.
     */
    static @Nullable LogEntry getAcquire(Object[] slots, long index) {
        if (slots instanceof LogEntry[] single) {
            return (LogEntry) ENTRY.getAcquire(single, slot(index, single.length));
        }
        Object chunk = TABLE.getAcquire(slots, slot(chunk(index), slots.length));
        if (chunk instanceof PackedEntries packed) {
            return packed.get(slot(index, CHUNK), chunk(index));
        }
        return chunk == null ? null : (LogEntry) ENTRY.getAcquire((LogEntry[]) chunk, slot(index, CHUNK));
    }

    /** The position of the entry that {@link #getAcquire} returns; 0 if that is null. */
    static long positionAcquire(Object[] slots, long index) {
        if (!(slots instanceof LogEntry[])
                && TABLE.getAcquire(slots, slot(chunk(index), slots.length)) instanceof PackedEntries packed) {
            return packed.position(slot(index, CHUNK), chunk(index));
        }
        LogEntry entry = getAcquire(slots, index);
        return entry == null ? 0 : entry.position;
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
        return positionAcquire(slots, index) > after;
    }

    private static long chunk(long index) {
        return index >>> CHUNK_BITS;
    }

    /** @param length a power of two */
    private static int slot(long index, int length) {
        return (int) index & (length - 1);
    }
}
