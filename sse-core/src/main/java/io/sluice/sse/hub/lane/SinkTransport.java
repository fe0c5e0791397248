package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;

/**
 * The connection of a {@link LaneSink} as its lane sees it: the methods that a transport implements, and how the lane
 * writes frames. Every method is called on the lane, unless it states otherwise. It is a superclass of
 * {@link LaneSink}, so that a client is one object. Confined to the lane.
 */
abstract class SinkTransport extends SinkState {

    SinkTransport() {}

    /**
     * Begins the response of a stream that has no first block, so that its client gets the status and the headers at
     * once. {@link #flush} follows. By default it does nothing: the first frame begins the response then.
     */
    protected void begin() {}

    /** Whether the connection accepts more bytes now. */
    protected abstract boolean canWrite();

    /**
     * How many bytes the connection accepts before {@link #canWrite} returns false; 0 while it returns false. Any
     * thread. When the value was 0 and is more than 0 again, the transport calls {@link LaneSink#becameWritable}.
     */
    protected abstract long room();

    /**
     * An optional optimisation: reads the memory that {@link #write} and {@link #flush} will use, so that it is in the
     * processor's cache by then. A pass calls it for several sinks in a row before it writes to the first of them. It
     * changes nothing and never throws.
     *
     * @return any number computed from what was read, so that the compiler does not remove the reads
     */
    protected long prefetch() {
        return 0;
    }

    /**
     * Writes a frame without flushing it. The transport takes its own reference to the buffer. It does not throw if the
     * connection is gone.
     */
    protected abstract void write(Frame frame);

    /**
     * An optional optimisation: writes a frame that is flushed at once, by a cheaper way than {@link #write} and {@link
     * #flush}. It is called only for a single frame. The transport uses it if no bytes wait before the frame, for
     * example to write directly to the socket. It may send the bytes in this call; {@link #flush} follows nevertheless.
     *
     * <p>If it finds that the connection is gone, it closes the sink and returns false; then neither write nor flush
     * follows.
     *
     * @return whether it accepted the whole frame; if not, it accepted no byte, and {@link #write} follows
     */
    protected boolean tryWriteDirect(Frame frame) {
        return false;
    }

    /**
     * Sends what was written. During this call the connection may turn out to be gone, or may notify a listener that it
     * accepts more. So afterwards the sink may be closed, or its subscriptions may have ended.
     */
    protected abstract void flush();

    /** The bytes that were written and are not sent yet. */
    protected abstract long pendingBytes();

    /** A mark that changes whenever bytes were sent. Called only while some are pending. */
    protected abstract long progress();

    /**
     * For how many nanoseconds the client's machine has acknowledged nothing, while sent bytes or a probe wait for it.
     * 0 if none wait, or if the transport cannot know. Called a few times in each write timeout.
     */
    protected long unacknowledgedNanos() {
        return 0;
    }

    /**
     * Ends the connection. If {@code orderly}, the last bytes of the stream are sent first. Bytes that the client does
     * not read must not keep the connection open for ever.
     */
    protected abstract void end(CloseReason reason, boolean orderly);

    // ---- how the lane writes

    /** Writes a frame and keeps the account of it. */
    final void put(Frame frame, HubLane lane) {
        assert lane.isConfined();
        write(frame);
        account(frame, lane);
    }

    /**
     * Writes a frame, keeps the account of it, and sends it.
     *
     * @return false if the connection was found gone before the frame was written
     */
    final boolean putAndFlush(Frame frame, HubLane lane) {
        assert lane.isConfined();
        if (!tryWriteDirect(frame)) {
            if (isGone()) {
                return false;
            }
            write(frame);
        }
        account(frame, lane); // before the flush, which may end the sink
        flush();
        return true;
    }

    private void account(Frame frame, HubLane lane) {
        onWritten(frame, lane.nowNanos);
        lane.countDelivered(frame.events);
    }
}
