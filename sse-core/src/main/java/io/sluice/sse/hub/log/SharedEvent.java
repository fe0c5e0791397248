package io.sluice.sse.hub.log;

/**
 * Counts the topics that keep the same event, which was published to several. The bytes of the event exist once. They
 * count towards the bounds, and the id that its publisher chose stays in use, until the last of these topics has
 * evicted the event. Guarded by the hub's lock.
 */
final class SharedEvent {

    private int topics;

    void retain() {
        topics++;
    }

    void release() {
        topics--;
    }

    boolean isRetained() {
        return topics > 0;
    }
}
