package io.sluice.sse.hub;

import io.sluice.sse.hub.lane.LaneRegistry;

/** Gives a transport the lanes of a hub. An application never needs it. */
public final class TransportAccess {

    private TransportAccess() {}

    /** The lanes of a hub, on which a transport delivers. */
    public static LaneRegistry of(Hub hub) {
        return hub.lanes();
    }
}
