package io.sluice.sse.hub.log;

/**
 * The floor of a sequence that a backplane keeps: events up to there have left it. An event that a ring has evicted is
 * lost only then. Written under the hub's lock, read anywhere.
 */
final class TrimmedSequence {

    private volatile Floor floor = Floor.NONE;

    Floor floor() {
        return floor;
    }

    /** Nothing up to this floor is kept any more. It never falls. */
    void raise(Floor trimmed) {
        if (trimmed.position() > floor.position()) {
            floor = trimmed;
        }
    }
}
