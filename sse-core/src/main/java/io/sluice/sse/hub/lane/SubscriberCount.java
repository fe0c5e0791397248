package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Topic;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counts the subscribers of topics over all lanes. Under the hub's lock. */
public final class SubscriberCount {

    private SubscriberCount() {}

    /** How many distinct sinks subscribe to at least one of these topics, by name or by pattern. */
    public static int count(List<Topic> topics) {
        return topics.size() == 1 ? count(topics.get(0)) : distinct(topics);
    }

    /** As {@link #count(List)}. The usual topic has one list on a lane, so its sinks need not be looked at. */
    public static int count(@Nullable Topic topic) {
        if (topic == null) {
            return 0;
        }
        int count = 0;
        for (TopicSubscribers here = first(topic); here != null; here = next(here)) {
            if (here.listCount() > 1) {
                return distinct(List.of(topic));
            }
            count += here.sinkCount();
        }
        return count;
    }

    private static int distinct(List<Topic> topics) {
        Set<LaneSink> sinks = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Topic topic : topics) {
            for (TopicSubscribers here = first(topic); here != null; here = next(here)) {
                for (int l = 0; l < here.listCount(); l++) {
                    SubscriberList list = here.list(l);
                    for (int i = 0; i < list.size(); i++) {
                        sinks.add(list.get(i).sink());
                    }
                }
            }
        }
        return sinks.size();
    }

    private static @Nullable TopicSubscribers first(Topic topic) {
        return (TopicSubscribers) topic.firstListener();
    }

    private static @Nullable TopicSubscribers next(TopicSubscribers here) {
        return (TopicSubscribers) here.next();
    }
}
