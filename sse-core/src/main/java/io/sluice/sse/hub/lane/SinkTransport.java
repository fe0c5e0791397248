package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;

/**
 * The connection of a {@link LaneSink}, as its lane sees it: what a transport supplies, each method called on the lane unless it
 * says otherwise, and how frames are written by it. Its superclass, so that a client is one object. Confined to the lane.
 */
abstract class SinkTransport extends SinkState {

    SinkTransport() {}

    /** Whether the connection takes more at once. */
    protected abstract boolean canWrite();

    /**
     * How many bytes the connection takes before {@link #canWrite} turns false; 0 while it is. Any thread. When it has
     * become more than 0 after it was 0, {@link LaneSink#becameWritable} follows.
     */
    protected abstract long room();

    /**
     * Reads what {@link #write} and {@link #flush} are about to read, so that it is near by then; changes nothing and never
     * throws. A pass lets several sinks do so in a row.
     *
     * @return any number that is made of what was read, as a compiler may leave out reads that nobody asked for
     */
    protected long prefetch() {
        return 0;
    }

    /** Writes a frame without flushing; takes its own hold of the buffer. Never throws for a connection that is gone. */
    protected abstract void write(Frame frame);

    /**
     * As {@link #write}, for a frame that is flushed right behind it, by a transport that sends it for less where nothing waits
     * before it. It may send at once; {@link #flush} follows nevertheless. A connection that turns out to be gone is ended, and then nothing
     * follows.
     *
     * @return whether it was taken; if not, nothing of it was, and {@link #write} follows
     */
    protected boolean tryWriteDirect(Frame frame) {
        return false;
    }

    /**
     * Sends what was written. The connection may turn out to be gone, or tell somebody that it takes more: so behind it the
     * sink may have closed, or its subscriptions have ended.
     */
    protected abstract void flush();

    /** Bytes written and not yet sent. */
    protected abstract long pendingBytes();

    /** A mark that changes whenever bytes have left; asked only while some are pending. */
    protected abstract long progress();

    /**
     * Ends the connection: the stream's last bytes if {@code orderly}, then the close. Bytes that the client does not take
     * must not keep the connection for ever.
     */
    protected abstract void end(CloseReason reason, boolean orderly);

    // ---- how the lane writes

    /** Writes a frame and keeps the account of it. */
    final void put(Frame frame, HubLane lane) {
        write(frame);
        account(frame, lane);
    }

    /** As {@link #put}, and sends it. */
    final void putAndFlush(Frame frame, HubLane lane) {
        if (!tryWriteDirect(frame)) {
            if (isGone()) {
                return;
            }
            write(frame);
        }
        account(frame, lane); // before the flush, which may end the sink
        flush();
    }

    private void account(Frame frame, HubLane lane) {
        onWritten(frame, lane.nowNanos);
        lane.countDelivered(frame.events);
    }
}
