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

    /** A stream with more topics may not take the last ones that the hub has room for. */
    private static final int FEW_TOPICS = 16;

    private final HubLane lane;
    private final Map<TopicPattern, PatternSubscribers> byPattern = new HashMap<>();
    private final PatternSlices slices;

    SubscriberIndex(HubLane lane) {
        this.lane = lane;
        this.slices = new PatternSlices(lane, this);
    }

    PatternSlices slices() {
        return slices;
    }

    /**
     * Adds a subscription to the list of each of its topics and patterns. Under the hub's lock.
     *
     * @param others the sink's subscriptions that exist already, or null
     * @throws TopicLimitException if the hub has no room for one of the topics
     */
    void join(LaneSubscription subscription, @Nullable Selection others) {
        TopicTable topics = lane.log().topicsForSubscribing();
        List<String> names = subscription.selector().topics();
        for (String name : names) {
            Topic topic = topics.getOrCreateForSubscriber(name, names.size() > FEW_TOPICS);
            subscription.join(subscribers(topic), others);
        }
        List<TopicPattern> patterns = subscription.selector().patterns();
        topics.resolve(patterns);
        int visits = PatternSlices.TOPICS;
        for (TopicPattern pattern : patterns) {
            PatternSubscribers list = byPattern.get(pattern);
            if (list == null) {
                list = new PatternSubscribers(lane, topics.resolved(pattern));
                list.topics.addListener(list);
                byPattern.put(pattern, list);
                visits = slices.add(list, visits);
            }
            subscription.join(list, others);
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

    /** Adds the list of a pattern to one of its topics, or removes it from there. Under the hub's lock. */
    void visit(PatternSubscribers list, Topic topic, boolean adds) {
        if (adds) {
            if (!topic.isRemoved()) {
                subscribers(topic).add(list);
            }
            return;
        }
        TopicSubscribers here = TopicSubscribers.find(topic, lane);
        if (here != null) {
            here.remove(list);
        }
    }

    /**
     * Takes a subscription out of its lists. Under the hub's lock. Never during a pass: the pass would miss the members
     * that move.
     *
     * @param others the sink's subscriptions that stay, or null
     */
    void leave(LaneSubscription subscription, @Nullable Selection others) {
        TopicTable topics = lane.log().topics();
        int visits = PatternSlices.TOPICS;
        for (SubscriberList list : subscription.leaveLists(others)) {
            if (list.size() > 0) {
                continue;
            }
            if (list instanceof TopicSubscribers here) {
                here.leaveIfUnused();
                topics.removeIfIdle(here.topic);
            } else if (list instanceof PatternSubscribers ofPattern) {
                visits = remove(ofPattern, topics, visits);
            }
        }
    }

    private int remove(PatternSubscribers list, TopicTable topics, int visits) {
        PatternTopics pattern = list.topics;
        int left = slices.remove(list, visits);
        byPattern.remove(pattern.pattern());
        pattern.removeListener(list);
        if (!pattern.hasListeners()) {
            topics.drop(pattern);
        }
        return left;
    }
}
