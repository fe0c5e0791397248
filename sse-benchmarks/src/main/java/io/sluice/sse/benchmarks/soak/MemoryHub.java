package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.test.DiscardingFramer;
import io.sluice.sse.test.MemorySink;
import io.sluice.sse.test.QueueLane;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.Locale;

/** A hub with one lane and no socket; everything runs on the thread of the program. */
final class MemoryHub {

    final Hub hub;
    private final QueueLane lane = new QueueLane(System::nanoTime);
    private final HubLane hubLane;

    /** Each topic retains its newest event as long as the program runs. */
    MemoryHub(int maxTopics) {
        hub = Hub.builder()
                .maxTopics(maxTopics)
                .historyEvents(1)
                .historyAge(Duration.ofDays(1))
                .coalesce(Duration.ZERO) // the lane in memory has no timer that could end a waiting time
                .build();
        hubLane = TransportAccess.of(hub).join(lane, new DiscardingFramer(), RecordingSink.QUIET);
    }

    /** A realistic topic name; all names have the same length. */
    static String name(int topic) {
        return String.format(Locale.ROOT, "users/%07d/inbox", topic);
    }

    /** Adds a new client with its own live subscription to these topics and patterns. */
    void subscribe(String... terms) {
        lane.run(() -> new MemorySink(hubLane).open(Selector.of(terms), StartPosition.live(), null));
        lane.runAll();
    }

    /** Publishes, and delivers to the subscribers. */
    void publish(String topic, Event event) {
        hub.publish(topic, event);
        lane.runAll();
    }

    /** The number of events that the clients have received. */
    long delivered() {
        return hubLane.delivered();
    }
}
