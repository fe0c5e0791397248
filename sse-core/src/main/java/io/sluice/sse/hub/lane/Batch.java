package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;

/**
 * The blocks that become one {@link Frame}: a range of events, oldest first, or one block that is no event of the hub.
 * The lane reuses the object, so it is valid only during the call that it is passed to.
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

    /** The number of blocks. */
    public int size() {
        return to - from;
    }

    /** The wire bytes of a block. They must not be changed. */
    public byte[] block(int index) {
        return entries.get(from + index).wire;
    }

    /** The topic of a block; empty for a block that is no event of a topic. */
    public String topic(int index) {
        return entries.get(from + index).topic;
    }

    /** The number of bytes of all blocks. */
    public int bytes() {
        return Math.toIntExact(bytes);
    }
}
