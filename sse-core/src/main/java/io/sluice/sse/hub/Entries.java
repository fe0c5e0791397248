package io.sluice.sse.hub;

import java.util.Arrays;
import java.util.Comparator;

/** A growing list of entries that a lane uses again in every pass. Confined to its lane. */
final class Entries {

    private static final Comparator<LogEntry> BY_POSITION = Comparator.comparingLong(entry -> entry.position);

    private LogEntry[] array = new LogEntry[64];
    private int size;

    void add(LogEntry entry) {
        if (size == array.length) {
            array = Arrays.copyOf(array, size * 2);
        }
        array[size++] = entry;
    }

    LogEntry get(int index) {
        return array[index];
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Drops all from {@code newSize} on. */
    void truncate(int newSize) {
        Arrays.fill(array, newSize, size, null);
        size = newSize;
    }

    /** Lets every entry go, so that only rings point at entries between passes. */
    void clear() {
        truncate(0);
    }

    /** Puts several topics' runs into one order. The sort finds the runs by itself. */
    void sortByPosition() {
        Arrays.sort(array, 0, size, BY_POSITION);
    }

    /** Drops the second of two equal neighbours: one event can be in several topics of a selector. */
    void dropRepeats() {
        int kept = Math.min(size, 1);
        for (int i = 1; i < size; i++) {
            if (array[i].position != array[kept - 1].position) {
                array[kept++] = array[i];
            }
        }
        truncate(kept);
    }
}
