package io.sluice.sse.hub;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who listens to what on one lane: subscriptions join and leave audiences, topics and patterns begin and cease to be
 * heard there. On the lane, and under the hub's lock.
 */
final class SubscriberIndex {

    private final HubLane lane;
    private final Map<TopicPattern, SubscriberList.PatternSubscribers> byPattern = new HashMap<>();

    SubscriberIndex(HubLane lane) {
        this.lane = lane;
    }

    /** Under the hub's lock. @throws TopicLimitException if there is no place for one of its topics */
    void join(Subscription subscription) {
        TopicTable topics = lane.hub().log().topicsForSubscribing();
        for (String name : subscription.selector().topics()) {
            subscription.join(listenOn(topics.getOrCreate(name)));
        }
        List<TopicPattern> patterns = subscription.selector().patterns();
        topics.resolve(patterns);
        for (TopicPattern pattern : patterns) {
            subscription.join(byPattern.computeIfAbsent(pattern, p -> listenTo(topics.resolved(p))));
        }
    }

    /**
     * A topic that is new to this lane was not marked for what was published before: if some of that lies ahead of the
     * lane, a client that resumes before it may join the lane before the pass that has to bring it.
     */
    private TopicSubscribers listenOn(Topic topic) {
        TopicSubscribers here = topic.onLane(lane);
        if (here == null) {
            here = topic.listenOn(lane);
            if (topic.log.hasAfter(lane.position)) {
                here.mark();
            }
        }
        return here;
    }

    private SubscriberList.PatternSubscribers listenTo(PatternTopics pattern) {
        SubscriberList.PatternSubscribers audience = new SubscriberList.PatternSubscribers(lane, pattern);
        pattern.audiences.add(audience);
        PatternTopics.Known known = pattern.known();
        for (int i = 0; i < known.size; i++) {
            if (!known.get(i).isRemoved()) {
                listenOn(known.get(i)).add(audience);
            }
        }
        return audience;
    }

    /**
     * Under the hub's lock; never during a pass, out of whose way it would move others.
     *
     * @param others the first of the sink's subscriptions that stay
     */
    void leave(Subscription subscription, @Nullable Subscription others) {
        TopicTable topics = lane.hub().log().topics;
        subscription.leaveAll(others);
        for (SubscriberList audience : subscription.audiences) {
            if (audience.size() > 0) {
                continue;
            }
            if (audience instanceof TopicSubscribers here) {
                here.leaveIfUnheard();
                topics.removeIfIdle(here.topic);
            } else if (audience instanceof SubscriberList.PatternSubscribers ofPattern) {
                leave(ofPattern, topics);
            }
        }
        subscription.audiences = new SubscriberList[0];
    }

    private void leave(SubscriberList.PatternSubscribers ofPattern, TopicTable topics) {
        PatternTopics pattern = ofPattern.topics;
        PatternTopics.Known known = pattern.known();
        for (int i = 0; i < known.size; i++) {
            TopicSubscribers here = known.get(i).onLane(lane);
            if (here != null) {
                here.remove(ofPattern);
            }
        }
        byPattern.remove(pattern.pattern);
        pattern.audiences.remove(ofPattern);
        if (pattern.audiences.isEmpty()) {
            topics.drop(pattern);
        }
    }
}
