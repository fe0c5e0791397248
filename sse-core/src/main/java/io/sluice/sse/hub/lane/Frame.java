package io.sluice.sse.hub.lane;

/**
 * Blocks as a transport writes them: one range, framed once, shared by every sink that receives it. Confined to its lane.
 *
 * <p>Ownership: the {@link Framer} that made a frame holds it until {@link Framer#done}; each sink that writes it takes a
 * hold of its own for as long as its connection needs the bytes.
 */
public abstract class Frame {

    int events;
    long lastPosition;
    /** The position that a client knows after this frame: that of its last event with an id of the sequencer. */
    long lastSentPosition;

    /** For transports. */
    protected Frame() {}

    /** How many bytes a client receives, without the transport's framing. */
    public abstract int payloadBytes();
}
