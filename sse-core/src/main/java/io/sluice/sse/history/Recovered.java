package io.sluice.sse.history;

import java.util.List;
import java.util.Map;

/**
 * What a history holds when it is opened.
 *
 * @param epoch the epoch of the ids, that of the first opening
 * @param head the position at which the hub stands; the next event gets the one behind it
 * @param topics all topics, those included of which only the floor is left
 * @param forgottenFloor the highest floor of the topics of which nothing is left
 * @param chosenIds the positions of the kept events whose publishers had chosen an id
 * @param lost what unclean stops have made doubtful
 */
public record Recovered(
        long epoch,
        long head,
        List<StoredTopic> topics,
        long forgottenFloor,
        Map<String, Long> chosenIds,
        List<LostRange> lost) {}
