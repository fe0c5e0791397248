package io.sluice.sse.history;

import java.util.List;
import java.util.Map;

/**
 * What a history holds when it is opened.
 *
 * @param epoch the epoch of the ids, that of the first opening
 * @param head the position at which the hub stands; the next event gets the one behind it
 * @param newestMillis the time of the newest event that was ever kept; 0 if none was
 * @param topics all topics, those included of which only the floor is left
 * @param forgottenFloor the highest floor of the topics of which nothing is left
 * @param forgottenMillis when the event at that floor was published, in milliseconds since 1970
 * @param publisherIds the kept events whose publishers had chosen an id, by it
 * @param lost what unclean stops have made doubtful
 */
public record RecoveryResult(
        long epoch,
        long head,
        long newestMillis,
        List<StoredTopic> topics,
        long forgottenFloor,
        long forgottenMillis,
        Map<String, Chosen> publisherIds,
        List<LostRange> lost) {

    /**
     * Where the event of a chosen id is.
     *
     * @param position its position
     * @param topic the first of the topics that it was published to
     */
    public record Chosen(long position, String topic) {}
}
