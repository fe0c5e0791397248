package io.sluice.sse.hub;

import io.sluice.sse.hub.lane.LaneRegistry;
import io.sluice.sse.hub.lane.PrincipalStreams;
import org.jspecify.annotations.Nullable;

/** Gives a transport access to the lanes of a hub. Applications do not need it. */
public final class TransportAccess {

    private TransportAccess() {}

    /** The lanes of a hub. A transport joins them. */
    public static LaneRegistry of(Hub hub) {
        return hub.lanes();
    }

    /**
     * The streams of principals at the other nodes of a hub, for limits; null if the hub has no backplane. From the
     * first call on, this node tells the others what it is told of its streams.
     */
    public static @Nullable PrincipalStreams streams(Hub hub) {
        return hub.presences().streams();
    }
}
