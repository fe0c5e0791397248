package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.PatternTopics;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.hub.log.TopicTable;
import io.sluice.sse.topic.TopicLimitException;
import io.sluice.sse.topic.TopicPattern;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The subscriber lists of one lane: subscriptions join and leave them, and topics and patterns come to the lane and go.
 * Used on the lane, and under the hub's lock.
 */
final class SubscriberIndex {

    private final HubLane lane;
    private final Map<TopicPattern, PatternSubscribers> byPattern = new HashMap<>();

    SubscriberIndex(HubLane lane) {
        this.lane = lane;
    }

    /**
     * Adds a subscription to the list of each of its topics and patterns. Under the hub's lock.
     *
     * @param others the sink's subscriptions that exist already, or null
     * @throws TopicLimitException if the hub has no room for one of the topics
     */
    void join(LaneSubscription subscription, @Nullable Selection others) {
        TopicTable topics = lane.log().topicsForSubscribing();
        for (String name : subscription.selector().topics()) {
            subscription.join(subscribers(topics.getOrCreate(name)), others);
        }
        List<TopicPattern> patterns = subscription.selector().patterns();
        topics.resolve(patterns);
        for (TopicPattern pattern : patterns) {
            subscription.join(byPattern.computeIfAbsent(pattern, p -> subscribers(topics.resolved(p))), others);
        }
    }

    /**
     * The list of a topic. A topic that is new to this lane was not marked for earlier events. If some of these are
     * ahead of the lane, a client that resumes before them may join the lane before the pass that has to bring them.
     * So the topic is marked now.
     */
    private TopicSubscribers subscribers(Topic topic) {
        TopicSubscribers here = TopicSubscribers.find(topic, lane);
        if (here == null) {
            here = TopicSubscribers.getOrCreate(topic, lane);
            if (topic.log.hasAfter(lane.position)) {
                here.mark();
            }
        }
        return here;
    }

    private PatternSubscribers subscribers(PatternTopics pattern) {
        PatternSubscribers list = new PatternSubscribers(lane, pattern);
        pattern.addListener(list);
        list.forEachTopic(topic -> {
            if (!topic.isRemoved()) {
                subscribers(topic).add(list);
            }
        });
        return list;
    }

    /**
     * Takes a subscription out of its lists. Under the hub's lock. Never during a pass: the pass would miss the members
     * that move.
     *
     * @param others the sink's subscriptions that stay, or null
     */
    void leave(LaneSubscription subscription, @Nullable Selection others) {
        TopicTable topics = lane.log().topics();
        for (SubscriberList list : subscription.leaveLists(others)) {
            if (list.size() > 0) {
                continue;
            }
            if (list instanceof TopicSubscribers here) {
                here.leaveIfUnused();
                topics.removeIfIdle(here.topic);
            } else if (list instanceof PatternSubscribers ofPattern) {
                remove(ofPattern, topics);
            }
        }
    }

    private void remove(PatternSubscribers list, TopicTable topics) {
        PatternTopics pattern = list.topics;
        list.forEachTopic(topic -> {
            TopicSubscribers here = TopicSubscribers.find(topic, lane);
            if (here != null) {
                here.remove(list);
            }
        });
        byPattern.remove(pattern.pattern());
        pattern.removeListener(list);
        if (!pattern.hasListeners()) {
            topics.drop(pattern);
        }
    }
}
