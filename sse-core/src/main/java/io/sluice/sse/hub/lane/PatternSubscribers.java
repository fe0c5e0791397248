package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.PatternListener;
import io.sluice.sse.hub.log.PatternTopics;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.topic.OverflowPolicy;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The subscriptions of one lane to every topic of a pattern. */
final class PatternSubscribers extends SubscriberList implements PatternListener {

    final PatternTopics topics;

    PatternSubscribers(HubLane lane, PatternTopics topics) {
        super(lane);
        this.topics = topics;
    }

    @Override
    public void topicCreated(Topic topic) {
        TopicSubscribers.getOrCreate(topic, lane).add(this);
    }

    @Override
    void forEachTopic(Consumer<Topic> action) {
        PatternTopics.Known known = topics.known();
        for (int i = 0; i < known.size; i++) {
            action.accept(known.get(i));
        }
    }

    @Override
    boolean isGap(long position, long reportedEvictions) {
        return topics.isGap(position, reportedEvictions);
    }

    @Override
    @Nullable
    OverflowPolicy strictestGap(long position, long reportedEvictions) {
        return topics.strictestGap(position, reportedEvictions);
    }

    @Override
    @Nullable
    OverflowPolicy strictestLostSince(long sinceNanos) {
        return topics.strictestLostSince(sinceNanos);
    }

    @Override
    long historyUpTo(long position) {
        long upTo = 0;
        PatternTopics.Known known = topics.known();
        for (int i = 0; i < known.size; i++) {
            upTo = Math.max(upTo, known.get(i).log.inHistory(position));
        }
        return upTo;
    }

    @Override
    void copyInto(CatchUpRange range, long after) {
        PatternTopics.Known known = topics.known();
        for (int i = 0; i < known.size; i++) {
            if (known.get(i).log.hasAfter(after)) {
                range.copy(known.get(i), after);
            }
        }
    }
}
