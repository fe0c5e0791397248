package io.sluice.sse.hub.lane;

/**
 * A range of blocks in the form that a transport writes. It is framed once, and every sink that receives the range
 * shares it. Confined to the lane.
 *
 * <p>The lane owns a frame until it calls {@link Framer#release}. A connection that needs the bytes for longer takes a
 * reference of its own in {@link LaneSink#write}.
 */
public abstract class Frame {

    int events;
    long lastPosition;
    /** The position that a client knows after this frame; 0 if the frame does not change it. */
    long lastSentPosition;

    /** For transports. */
    protected Frame() {}

    /**
     * How many events of the hub the frame has. 0 for a block that is no event of the hub: a direct send, a heartbeat
     * or a gap, for example.
     */
    public final int events() {
        return events;
    }

    /** How many bytes a client receives, without the transport's framing. */
    public abstract int payloadBytes();
}
