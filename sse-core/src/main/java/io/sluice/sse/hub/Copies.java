package io.sluice.sse.hub;

/**
 * How many topics keep the same event, one that was published to several: its bytes are there once, and the id that its
 * publisher chose holds, until the last of them has let it go. Guarded by the hub's lock.
 */
final class Copies {

    private int kept;

    /** @return whether it is the first */
    boolean add() {
        return kept++ == 0;
    }

    /** @return whether it was the last */
    boolean remove() {
        return --kept == 0;
    }
}
