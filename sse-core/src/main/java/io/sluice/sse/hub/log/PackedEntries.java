package io.sluice.sse.hub.log;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one chunk of a ring as four objects instead of two for each entry. A ring of thousands of events then
 * costs the garbage collector, which copies and marks objects, a tenth of the work. An entry is made again when it is
 * read. Immutable.
 *
 * <p>Only small entries without an id of their publisher, a key or recipients are packed. In a chunk of large ones, the
 * objects weigh little beside the bytes that would have to be copied.
 */
final class PackedEntries {

    /** The most wire bytes of a chunk that is packed. */
    static final int MAX_BYTES = 4096;

    private final String topic;

    /** For each entry its position, then for each entry when it was published. */
    private final long[] stamps;

    /** For each entry the end of its bytes in {@link #wires}. */
    private final int[] ends;

    private final byte[] wires;

    private PackedEntries(LogEntry[] chunk, int bytes) {
        topic = chunk[0].topic;
        stamps = new long[2 * chunk.length];
        ends = new int[chunk.length];
        wires = new byte[bytes];
        int end = 0;
        for (int i = 0; i < chunk.length; i++) {
            LogEntry entry = chunk[i];
            stamps[i] = entry.position;
            stamps[chunk.length + i] = entry.nanos;
            System.arraycopy(entry.wire, 0, wires, end, entry.wire.length);
            end += entry.wire.length;
            ends[i] = end;
        }
    }

    /** Packs a chunk; null if an entry is missing or has more than its bytes, or if the entries are large. */
    static @Nullable PackedEntries pack(LogEntry[] chunk) {
        int bytes = 0;
        for (LogEntry entry : chunk) {
            if (entry == null || entry.getClass() != LogEntry.class) {
                return null;
            }
            bytes += entry.wire.length;
            if (bytes > MAX_BYTES) {
                return null;
            }
        }
        return new PackedEntries(chunk, bytes);
    }

    long position(int at) {
        return stamps[at];
    }

    long nanos(int at) {
        return stamps[ends.length + at];
    }

    /** Makes the entry again. */
    LogEntry get(int at) {
        int begin = at == 0 ? 0 : ends[at - 1];
        return new LogEntry(position(at), nanos(at), topic, Arrays.copyOfRange(wires, begin, ends[at]));
    }

    /** Makes all entries again. */
    LogEntry[] unpack() {
        LogEntry[] chunk = new LogEntry[ends.length];
        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = get(i);
        }
        return chunk;
    }
}
