package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;

/**
 * The blocks that become one {@link Frame}: a range of events, oldest first, or one block of the lane's own. A view that
 * the lane uses again: valid only during the call that it is given to.
 */
public final class Batch {

    private Entries entries = new Entries();
    private int from;
    private int to;
    private long bytes;

    Batch() {}

    Batch set(Entries source, int first, int end) {
        entries = source;
        from = first;
        to = end;
        bytes = 0;
        for (int i = first; i < end; i++) {
            bytes += source.get(i).wire.length;
        }
        return this;
    }

    /** How many blocks there are. */
    public int size() {
        return to - from;
    }

    /** The wire bytes of a block; not to be changed. */
    public byte[] block(int index) {
        return entries.get(from + index).wire;
    }

    /** How many bytes all blocks have together. */
    public int bytes() {
        return Math.toIntExact(bytes);
    }
}
