package io.sluice.sse.hub.log;

/**
 * How many topics keep the same event, one that was published to several: its bytes are there once, and the id that its
 * publisher chose holds, until the last of them has let it go. Guarded by the hub's lock.
 */
final class SharedEvent {

    private int kept;

    void add() {
        kept++;
    }

    void remove() {
        kept--;
    }

    boolean areKept() {
        return kept > 0;
    }
}
