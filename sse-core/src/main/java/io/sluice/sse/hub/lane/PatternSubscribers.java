package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.PatternListener;
import io.sluice.sse.hub.log.PatternTopics;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.topic.OverflowPolicy;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The subscriptions of one lane to every topic of a pattern. */
final class PatternSubscribers extends SubscriberList implements PatternListener {

    final PatternTopics topics;

    /** Whether it is being added to its topics, as {@link PatternSlices}. Confined to the lane. */
    private boolean incomplete;

    PatternSubscribers(HubLane lane, PatternTopics topics) {
        super(lane);
        this.topics = topics;
    }

    boolean isIncomplete() {
        return incomplete;
    }

    void setIncomplete(boolean incomplete) {
        this.incomplete = incomplete;
    }

    @Override
    public void topicCreated(Topic topic) {
        TopicSubscribers.getOrCreate(topic, lane).add(this);
    }

    @Override
    void forEachTopic(Consumer<Topic> action) {
        PatternTopics.TopicList list = topics.list();
        for (int i = 0; i < list.size(); i++) {
            action.accept(list.get(i));
        }
    }

    @Override
    boolean isGap(long position, long reportedEvictions, StartBounds bounds) {
        return topics.isGap(position, reportedEvictions, bounds);
    }

    @Override
    @Nullable
    OverflowPolicy strictestGap(long position, long reportedEvictions, StartBounds bounds) {
        return topics.strictestGap(position, reportedEvictions, bounds);
    }

    @Override
    @Nullable
    OverflowPolicy strictestLostSince(long sinceNanos) {
        return topics.strictestLostSince(sinceNanos);
    }

    @Override
    boolean isStateLost() {
        return topics.isStateLost();
    }

    @Override
    long historyUpTo(long position, StartBounds bounds) {
        long upTo = topics.removedUpTo(Math.max(position, bounds.news()));
        PatternTopics.TopicList list = topics.list();
        for (int i = 0; i < list.size(); i++) {
            upTo = Math.max(upTo, list.get(i).log.historyUpTo(bounds.after(list.get(i), position)));
        }
        return upTo;
    }

    @Override
    boolean isInHistorySince(long sinceNanos) {
        return topics.isRemovedInHistorySince(sinceNanos) || anyTopic(topic -> topic.log.isInHistorySince(sinceNanos));
    }

    @Override
    boolean hasUncountedEvents() {
        return topics.removedUpTo(0) > 0 || anyTopic(topic -> topic.log.hasUncountedEvents());
    }

    private boolean anyTopic(Predicate<Topic> condition) {
        PatternTopics.TopicList list = topics.list();
        for (int i = 0; i < list.size(); i++) {
            if (condition.test(list.get(i))) {
                return true;
            }
        }
        return false;
    }

    @Override
    void copyInto(CatchUpRange range, long after, StartBounds bounds) {
        PatternTopics.TopicList list = topics.list();
        range.onSearched(list.size());
        for (int i = 0; i < list.size(); i++) {
            Topic topic = list.get(i);
            if (topic.log.hasAfter(bounds.after(topic, after))) {
                range.offer(topic, after, bounds);
            }
        }
    }
}
