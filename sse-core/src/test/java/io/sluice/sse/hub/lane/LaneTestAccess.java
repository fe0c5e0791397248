package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.topic.Subscription;

/** Gives tests in other packages access to the state of a lane and its sinks. */
public final class LaneTestAccess {

    private LaneTestAccess() {}

    public static long position(HubLane lane) {
        return lane.position;
    }

    /** The position up to which all lanes with sinks have delivered. */
    public static long writtenUpTo(Hub hub) {
        return TransportAccess.of(hub).writtenUpTo();
    }

    /** Ends the first subscription of a sink. */
    public static void cancel(LaneSink sink) {
        sink.requireSelection().first().cancel();
    }

    public static Subscription subscription(LaneSink sink) {
        return sink.requireSelection().first();
    }

    public static boolean isBehind(LaneSink sink) {
        return sink.isBehind();
    }

    public static boolean isAwaitingStart(LaneSink sink) {
        return sink.isAwaitingStart();
    }

    public static long lastSentPosition(LaneSink sink) {
        return sink.lastSentPosition();
    }
}
