package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Recipients;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;

/** A growing list of entries that a lane reuses in every pass. Confined to its lane. */
public final class Entries {

    /** The entries of one event in several topics are in the order of the topic names. */
    private static final Comparator<LogEntry> BY_POSITION =
            Comparator.comparingLong((LogEntry entry) -> entry.position).thenComparing(entry -> entry.topic);

    private LogEntry[] array = new LogEntry[64];
    private int size;
    private long added;

    public void add(LogEntry entry) {
        if (size == array.length) {
            array = Arrays.copyOf(array, size * 2);
        }
        array[size++] = entry;
        added++;
    }

    /** How many entries were added so far; for tests. */
    public long added() {
        return added;
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

    /** Whether an entry is not meant for every subscriber. */
    public boolean hasRecipients() {
        return hasRecipients(0, size);
    }

    /** Whether an entry from {@code from} (inclusive) to {@code to} (exclusive) is not meant for every subscriber. */
    public boolean hasRecipients(int from, int to) {
        for (int i = from; i < to; i++) {
            if (array[i].recipients() != null) {
                return true;
            }
        }
        return false;
    }

    /** Adds the recipients of these entries to {@code into}, except for entries that are meant for every subscriber. */
    public void collectRecipients(int from, int to, Set<Recipients> into) {
        for (int i = from; i < to; i++) {
            Recipients recipients = array[i].recipients();
            if (recipients != null) {
                into.add(recipients);
            }
        }
    }

    /** Removes all entries from index {@code newSize} on. */
    public void truncate(int newSize) {
        Arrays.fill(array, newSize, size, null);
        size = newSize;
    }

    /** Removes all entries, so that between passes only rings refer to entries. */
    public void clear() {
        truncate(0);
    }

    /** Merges the runs of several topics into one order. The sort detects sorted runs. */
    public void sortByPosition() {
        Arrays.sort(array, 0, size, BY_POSITION);
    }

    /** Removes the superseded entries from index {@code from} on that are at or before {@code upTo}. */
    public void dropSuperseded(int from, long upTo) {
        int kept = from;
        for (int i = from; i < size; i++) {
            if (array[i].position > upTo || !array[i].isSuperseded()) {
                array[kept++] = array[i];
            }
        }
        truncate(kept);
    }

    /** Removes entries that repeat their predecessor: one event can be in several topics of a selector. */
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
