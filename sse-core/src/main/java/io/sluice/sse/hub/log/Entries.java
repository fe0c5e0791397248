package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Recipients;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;

/** A growing list of entries that a lane uses again in every pass. Confined to its lane. */
public final class Entries {

    /** Of the same event in several topics, the one whose name comes first. */
    private static final Comparator<LogEntry> BY_POSITION =
            Comparator.comparingLong((LogEntry entry) -> entry.position).thenComparing(entry -> entry.topic);

    private LogEntry[] array = new LogEntry[64];
    private int size;

    public void add(LogEntry entry) {
        if (size == array.length) {
            array = Arrays.copyOf(array, size * 2);
        }
        array[size++] = entry;
    }

    public LogEntry get(int index) {
        return array[index];
    }

    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** Whether one of them is not meant for everybody. */
    public boolean hasRecipients() {
        return hasRecipients(0, size);
    }

    /** Whether one of those from {@code from} to before {@code to} is not meant for everybody. */
    public boolean hasRecipients(int from, int to) {
        for (int i = from; i < to; i++) {
            if (array[i].recipients() != null) {
                return true;
            }
        }
        return false;
    }

    /** Adds to {@code into} those of which one has to ask who they are meant for. */
    public void collectRecipients(int from, int to, Set<Recipients> into) {
        for (int i = from; i < to; i++) {
            Recipients recipients = array[i].recipients();
            if (recipients != null) {
                into.add(recipients);
            }
        }
    }

    /** Drops all from {@code newSize} on. */
    public void truncate(int newSize) {
        Arrays.fill(array, newSize, size, null);
        size = newSize;
    }

    /** Lets every entry go, so that only rings point at entries between passes. */
    public void clear() {
        truncate(0);
    }

    /** Puts several topics' runs into one order. The sort finds the runs by itself. */
    public void sortByPosition() {
        Arrays.sort(array, 0, size, BY_POSITION);
    }

    /** Drops the second of two equal neighbours: one event can be in several topics of a selector. */
    public void dropRepeats() {
        int kept = Math.min(size, 1);
        for (int i = 1; i < size; i++) {
            if (array[i].position != array[kept - 1].position) {
                array[kept++] = array[i];
            }
        }
        truncate(kept);
    }
}
