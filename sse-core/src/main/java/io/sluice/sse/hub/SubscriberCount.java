package io.sluice.sse.hub;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counts who listens to topics. Under the hub's lock. */
final class SubscriberCount {

    private SubscriberCount() {}

    /** How many distinct sinks listen to at least one of these: by name, by pattern, by several subscriptions. */
    static int count(List<Topic> topics) {
        return topics.size() == 1 ? count(topics.get(0)) : distinct(topics);
    }

    /** The usual topic has one audience on a lane, which need not be looked at one by one. */
    static int count(@Nullable Topic topic) {
        if (topic == null) {
            return 0;
        }
        int count = 0;
        for (TopicSubscribers here = topic.firstLane(); here != null; here = here.nextLane) {
            if (here.audienceCount() > 1) {
                return distinct(List.of(topic));
            }
            count += here.sinkCount();
        }
        return count;
    }

    private static int distinct(List<Topic> topics) {
        Set<LaneSink> sinks = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Topic topic : topics) {
            for (TopicSubscribers here = topic.firstLane(); here != null; here = here.nextLane) {
                for (int a = 0; a < here.audienceCount(); a++) {
                    SubscriberList audience = here.audience(a);
                    for (int i = 0; i < audience.size(); i++) {
                        sinks.add(audience.get(i).sink());
                    }
                }
            }
        }
        return sinks.size();
    }
}
