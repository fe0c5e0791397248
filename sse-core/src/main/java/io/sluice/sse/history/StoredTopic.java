package io.sluice.sse.history;

/**
 * The state of a topic in a history when it is opened.
 *
 * @param name the name of the topic
 * @param floor the position of the last evicted event; 0 if none
 * @param floorMillis when that event was published, in milliseconds since 1970
 * @param events the number of retained events; 0 for a topic of which only the floor is left
 * @param wireBytes the sum of their encoded sizes
 * @param oldest the position of the oldest retained event; 0 if there is none
 * @param newest the position of the newest retained event; 0 if there is none
 */
public record StoredTopic(
        String name, long floor, long floorMillis, int events, long wireBytes, long oldest, long newest) {}
