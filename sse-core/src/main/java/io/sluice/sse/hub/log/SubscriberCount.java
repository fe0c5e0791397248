package io.sluice.sse.hub.log;

import io.sluice.sse.Sink;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counts the subscribers of topics on all lanes. Under the hub's lock. */
public final class SubscriberCount {

    private SubscriberCount() {}

    /** How many distinct sinks subscribe to at least one of these topics, by name or by pattern. */
    public static int count(List<Topic> topics) {
        return topics.size() == 1 ? count(topics.get(0)) : distinct(topics);
    }

    /** As {@link #count(List)}. If no pattern of a subscriber matches the topic, the sinks need not be visited. */
    public static int count(@Nullable Topic topic) {
        if (topic == null) {
            return 0;
        }
        int count = 0;
        for (TopicListener each = topic.firstListener(); each != null; each = each.next()) {
            if (each.hasPatternSubscribers()) {
                return distinct(List.of(topic));
            }
            count += each.exactSubscriberCount();
        }
        return count;
    }

    private static int distinct(List<Topic> topics) {
        Set<Sink> sinks = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Topic topic : topics) {
            for (TopicListener each = topic.firstListener(); each != null; each = each.next()) {
                each.forEachSubscriber(sinks::add);
            }
        }
        return sinks.size();
    }
}
