package io.sluice.sse.history;

/** What a store knows of one topic without looking. Written by the writer's thread, the number read by readers too. */
final class TopicRecord {

    final int number;
    final String name;

    long floor;
    long floorMillis;
    int events;
    long wireBytes;
    long oldest;
    long oldestMillis;
    /** Stays when the last event goes: a reader must look for what is still on its way out, of which nobody was told. */
    volatile long newest;

    TopicRecord(int number, String name) {
        this.number = number;
        this.name = name;
    }

    StoredTopic asStored() {
        return new StoredTopic(name, floor, floorMillis, events, wireBytes, oldest, events == 0 ? 0 : newest);
    }
}
