package io.sluice.sse.history;

import java.util.List;
import java.util.Map;

/**
 * The state of a history when it is opened.
 *
 * @param epoch the epoch of the ids, from the first time that it was opened
 * @param head the position of the hub; the next event gets the position after it
 * @param newestMillis the time of the newest event that was ever stored; 0 if there was none
 * @param topics all topics, including those with a floor but no events
 * @param removedFloor the highest floor of topics that were removed completely
 * @param removedFloorMillis when the event at that floor was published, in milliseconds since 1970
 * @param publisherIds the retained events with publisher-supplied ids, by id
 * @param ends the topics that have ended, in the order of their positions
 * @param lost the ranges that unclean stops have made uncertain
 */
public record RecoveryResult(
        long epoch,
        long head,
        long newestMillis,
        List<StoredTopic> topics,
        long removedFloor,
        long removedFloorMillis,
        Map<String, EventLocation> publisherIds,
        List<TopicEnd> ends,
        List<LostRange> lost) {

    /**
     * The end of a topic.
     *
     * @param topic the name of the topic
     * @param position the position of its last event
     * @param timeMillis when that event was published, in milliseconds since 1970
     */
    public record TopicEnd(String topic, long position, long timeMillis) {}

    /**
     * The location of an event with a publisher-supplied id.
     *
     * @param position the position of the event
     * @param topic the first of the topics to which it was published
     */
    public record EventLocation(long position, String topic) {}
}
