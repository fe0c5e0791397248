package io.sluice.sse.hub.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a {@link TopicLog}: an array whose length is a power of two, searched and copied without the hub's lock.
 * The writer may clear and overwrite slots meanwhile. An entry that was evicted reads as null or as a newer entry.
 */
final class RingSlots {

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(LogEntry[].class);

    private RingSlots() {}

    /** The slot of the entry with this index. */
    static int slot(LogEntry[] array, long index) {
        return (int) index & (array.length - 1);
    }

    @Nullable
    static LogEntry get(LogEntry[] array, long index) {
        return (LogEntry) SLOT.getAcquire(array, slot(array, index));
    }

    static void set(LogEntry[] array, long index, @Nullable LogEntry entry) {
        SLOT.setRelease(array, slot(array, index), entry);
    }

    /**
     * As {@link TopicLog#copy}, from the entries with an index in {@code [begin, end)}. The writer may evict and append
     * after these were read; a test does so on purpose.
     */
    static TopicLog.Copied copy(
            LogEntry[] array, long begin, long end, long after, long head, int maxBytes, Entries into) {
        if (array.length == 0 || begin >= end) {
            return TopicLog.Copied.ALL;
        }
        int room = maxBytes;
        boolean newer = false;
        for (long i = firstAfter(array, begin, end, after); i < end; i++) {
            LogEntry entry = get(array, i);
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
    static long firstAfter(LogEntry[] array, long begin, long end, long after) {
        long low = begin;
        long high = end;
        for (long step = 1; high - low > 0; step <<= 1) {
            long probe = Math.max(low, end - step);
            if (isAfter(array, probe, after)) {
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
            if (isAfter(array, middle, after)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** An empty slot was evicted, so it counts as older. */
    private static boolean isAfter(LogEntry[] array, long index, long after) {
        LogEntry entry = get(array, index);
        return entry != null && entry.position > after;
    }
}
