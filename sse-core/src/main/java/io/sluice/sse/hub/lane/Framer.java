package io.sluice.sse.hub.lane;

/**
 * Turns ranges of events into what a transport writes: the one place of a lane where buffers are made and let go.
 * Confined to its lane.
 */
public interface Framer {

    /** Frames the blocks of a batch. */
    Frame frame(Batch batch);

    /** Frames runs of blocks that were framed before. */
    Frame splice(Splice splice);

    /** The lane will not hand out {@code frame} any more: it is let go when the last connection has sent it. */
    void done(Frame frame);

    /** Lets go what all connections have sent meanwhile. */
    void sweep();

    /** How many frames some connection still holds, as of the last sweep. */
    int inFlight();

    /** The payload of the frames that some connection still holds, as of the last sweep. */
    long heldBytes();
}
