package io.sluice.sse.history;

/**
 * A topic as a history finds it when it is opened.
 *
 * @param name its name
 * @param floor the position of the last event that the history has let go; 0 if none
 * @param floorMillis when that was published, in milliseconds since 1970
 * @param events how many it keeps; 0 for a topic of which only the floor is left
 * @param wireBytes the sum of their blocks
 * @param oldest the position of the oldest one; 0 if there is none
 * @param newest the position of the newest one; 0 if there is none
 */
public record StoredTopic(
        String name, long floor, long floorMillis, int events, long wireBytes, long oldest, long newest) {}
