package io.sluice.sse.hub;

import io.sluice.sse.hub.lane.LaneRegistry;

/** Gives a transport access to the lanes of a hub. Applications do not need it. */
public final class TransportAccess {

    private TransportAccess() {}

    /** The lanes of a hub. A transport joins them. */
    public static LaneRegistry of(Hub hub) {
        return hub.lanes();
    }
}
