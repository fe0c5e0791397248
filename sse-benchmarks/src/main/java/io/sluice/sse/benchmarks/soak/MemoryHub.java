package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubLane;
import io.sluice.sse.hub.LaneOptions;
import io.sluice.sse.hub.Selector;
import io.sluice.sse.hub.Start;
import java.time.Duration;
import java.util.Locale;

/** A hub with one lane and no socket; all on the thread of the program. */
final class MemoryHub {

    private static final LaneOptions NO_TIMERS = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);

    final Hub hub;
    final HandLane lane = new HandLane();
    private final HubLane hubLane;

    /** Each topic keeps its newest event, for as long as the program runs. */
    MemoryHub(int maxTopics) {
        hub = Hub.builder()
                .maxTopics(maxTopics)
                .historyEvents(1)
                .historyAge(Duration.ofDays(1))
                .build();
        hubLane = hub.join(lane, new MemoryFramer(), NO_TIMERS);
    }

    /** A name as applications make them, the same length for each. */
    static String name(int topic) {
        return String.format(Locale.ROOT, "users/%07d/inbox", topic);
    }

    /** A new client of its own for these topics and patterns, live. */
    void subscribe(String... terms) {
        new MemorySink(hubLane).open(Selector.of(terms), Start.live(), null);
        lane.run();
    }

    /** Publishes, and delivers to whoever listens. */
    void publish(String topic, Event event) {
        hub.publish(topic, event);
        lane.run();
    }
}
