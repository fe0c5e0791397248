package io.sluice.sse.history;

/**
 * The state of one topic of a store, kept in memory. The writer's thread updates it; readers use the number and the
 * newest position too.
 */
final class MvStoreTopic {

    final int number;
    final String name;

    long floor;
    long floorMillis;
    int events;
    long wireBytes;
    long oldest;
    long oldestMillis;
    /** Stays after the last event is evicted: readers must still find events whose eviction is not reported yet. */
    volatile long newest;

    MvStoreTopic(int number, String name) {
        this.number = number;
        this.name = name;
    }

    StoredTopic asStored() {
        return new StoredTopic(name, floor, floorMillis, events, wireBytes, oldest, events == 0 ? 0 : newest);
    }
}
