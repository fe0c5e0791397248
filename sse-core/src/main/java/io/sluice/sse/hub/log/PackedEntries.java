package io.sluice.sse.hub.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one chunk of a ring as four objects instead of two for each entry. A ring of thousands of events then
 * costs the garbage collector, which copies and marks objects, a tenth of the work. An entry is made again when it is
 * read.
 *
 * <p>Only small entries without an id of their publisher, a key or recipients are packed. In a chunk of large ones, the
 * objects weigh little beside the bytes that would have to be copied.
 *
 * <p>When all entries of a chunk have been evicted, the ring writes a younger chunk into the same memory. So a busy
 * ring gives the garbage collector nothing to copy. A reader without the lock may still read the old chunk then. It
 * names the chunk that it reads, before and after: if the number is another one, its entry was evicted.
 */
final class PackedEntries {

    /** The most wire bytes of a chunk that is packed. */
    static final int MAX_BYTES = 4096;

    private static final long BEING_WRITTEN = -1;

    private static final VarHandle NUMBER;

    static {
        try {
            NUMBER = MethodHandles.lookup().findVarHandle(PackedEntries.class, "number", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String topic;

    /** For each entry its position, then for each entry when it was published. */
    private final long[] stamps = new long[2 * RingSlots.CHUNK];

    /** For each entry the end of its bytes in {@link #wires}. */
    private final int[] ends = new int[RingSlots.CHUNK];

    private final byte[] wires;

    /** Which chunk of the ring this is. Written under the hub's lock with release, read anywhere with acquire. */
    @SuppressWarnings("UnusedVariable") // NUMBER reads it
    private long number = BEING_WRITTEN;

    private PackedEntries(String topic, int bytes) {
        this.topic = topic;
        this.wires = new byte[Math.min(MAX_BYTES, bytes + bytes / 8)]; // a younger chunk may have a few more
    }

    // ---- under the hub's lock

    /**
     * Packs a chunk; null if an entry is missing or has more than its bytes, or if the entries are large.
     *
     * @param number the number of the chunk in its ring
     * @param spare an evicted chunk of the same ring, whose memory is used if it has the right size; or null
     */
    static @Nullable PackedEntries pack(LogEntry[] chunk, long number, @Nullable PackedEntries spare) {
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
        PackedEntries packed = spare != null && spare.suits(bytes) ? spare : new PackedEntries(chunk[0].topic, bytes);
        packed.write(chunk, number);
        return packed;
    }

    private boolean suits(int bytes) {
        return bytes <= wires.length && wires.length <= 2 * bytes;
    }

    private void write(LogEntry[] chunk, long newNumber) {
        // With release: a reader that sees this also sees the floor above the entries of the old chunk.
        NUMBER.setRelease(this, BEING_WRITTEN);
        VarHandle.releaseFence(); // nothing of the new chunk is written before that
        int end = 0;
        for (int i = 0; i < chunk.length; i++) {
            LogEntry entry = chunk[i];
            stamps[i] = entry.position;
            stamps[chunk.length + i] = entry.nanos;
            System.arraycopy(entry.wire, 0, wires, end, entry.wire.length);
            end += entry.wire.length;
            ends[i] = end;
        }
        NUMBER.setRelease(this, newNumber);
    }

    // ---- any thread

    /** The position of an entry; 0 if this is another chunk now, so that the entry was evicted. */
    long position(int at, long ofChunk) {
        return isChunk(ofChunk) ? ifStillChunk(ofChunk, stamps[at]) : 0;
    }

    /** When an entry was published; 0 if this is another chunk now. */
    long nanos(int at, long ofChunk) {
        return isChunk(ofChunk) ? ifStillChunk(ofChunk, stamps[ends.length + at]) : 0;
    }

    /** Makes an entry again; null if this is another chunk now, so that the entry was evicted. */
    @Nullable
    LogEntry get(int at, long ofChunk) {
        if (!isChunk(ofChunk)) {
            return null;
        }
        long position = stamps[at];
        long nanos = stamps[ends.length + at];
        int begin = at == 0 ? 0 : ends[at - 1];
        int end = ends[at];
        if (begin > end || end > wires.length) {
            return null; // the two are of different chunks
        }
        byte[] wire = Arrays.copyOfRange(wires, begin, end);
        return isStillChunk(ofChunk) ? new LogEntry(position, nanos, topic, wire) : null;
    }

    private long ifStillChunk(long expected, long value) {
        return isStillChunk(expected) ? value : 0;
    }

    /** To be called after the reads that the answer is for. */
    private boolean isStillChunk(long expected) {
        VarHandle.acquireFence(); // those reads come before the next one
        return isChunk(expected);
    }

    private boolean isChunk(long expected) {
        return (long) NUMBER.getAcquire(this) == expected;
    }
}
