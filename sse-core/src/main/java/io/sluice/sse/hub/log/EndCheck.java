package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicEndedException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks the events of one publication against the topics that have ended, before the first of them is appended. An
 * event whose id its publisher chose is not published again while it is kept. So a publisher may repeat it even after
 * the end of its topic, and the last event too.
 */
final class EndCheck {

    private final EndedTopics ended;
    private final LogBounds bounds;
    private final Set<String> endedHere = new HashSet<>();
    private final Set<String> idsHere = new HashSet<>();

    EndCheck(EndedTopics ended, LogBounds bounds) {
        this.ended = ended;
        this.bounds = bounds;
    }

    /**
     * @throws TopicEndedException if an event would follow the last one of a topic
     * @throws IllegalArgumentException if a last event repeats the id of an event that is kept and is not the last one
     */
    void check(List<PendingEvent> events) {
        for (PendingEvent event : events) {
            String id = event.publisherId();
            boolean isDuplicate = id != null && (bounds.findPublisherId(id) != null || !idsHere.add(id));
            for (String topic : event.topics()) {
                check(event, topic, isDuplicate);
            }
        }
    }

    private void check(PendingEvent event, String topic, boolean isDuplicate) {
        boolean hasEnded = ended.contains(topic) || endedHere.contains(topic);
        if (hasEnded && !isDuplicate) {
            throw new TopicEndedException(topic);
        }
        if (event.last() && !hasEnded) {
            if (isDuplicate) {
                throw new IllegalArgumentException("event id \"" + event.publisherId()
                        + "\" is that of a kept event, which is not the last one of topic " + topic
                        + " (expected: another id)");
            }
            endedHere.add(topic);
        }
    }
}
