package io.sluice.sse.hub.lane;

/**
 * Turns ranges of events into buffers that a transport writes. It is the only place of a lane where buffers are made
 * and released. Called on the lane only.
 *
 * <p>The lane calls {@link #release} once for each frame. Connections may hold the buffer longer: the framer frees it
 * when the lane has released the frame and every connection has sent it. Until then the frame is in flight.
 */
public interface Framer {

    /** Frames the blocks of a batch. The batch is valid during this call only. */
    Frame frame(Batch batch);

    /** Frames blocks of frames that this framer has made and that are not released. Valid during this call only. */
    Frame splice(Splice splice);

    /** The lane writes {@code frame} to no other sink. Its buffer is freed once no connection holds it. */
    void release(Frame frame);

    /**
     * Frees buffers that every connection has sent since the last call. The lane calls it in each turn and each tick. A
     * framer may check only a part of its frames in one call.
     */
    void releaseSent();

    /** How many released frames a connection still holds, as of the last {@link #releaseSent}. */
    int inFlight();

    /** The payload bytes of these frames. */
    long heldBytes();
}
