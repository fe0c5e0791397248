package io.sluice.sse.benchmarks.jmh;

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
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of publishing alone: encoding, position, ring, marks, wake-up. The lanes never run, so their wake-ups stay
 * pending.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PublishBenchmark {

    /**
     * More than a topic counts for in the bytes of the hub. Without room for all topics, each publish would remove one
     * and create one.
     */
    private static final long TOPIC_BYTES = 512;

    /** Topics that are used in turn. */
    @Param({"1", "1000", "100000"})
    public int topics;

    /** Lanes with subscriptions to all topics. */
    @Param({"0", "1", "4"})
    public int lanes;

    /** Clients on each lane; publishing costs the same for any number. */
    @Param({"1"})
    public int clients;

    private Hub hub = Hub.create();
    private String[] names = {};
    private Event event = Event.of("");
    private int next;

    /** Creates the hub, the topics and the subscribers. */
    @Setup
    public void setUp() {
        hub = Hub.builder()
                .historyTotalBytes(Runtime.getRuntime().maxMemory() / 4 + TOPIC_BYTES * topics)
                .build();
        event = Event.of("x".repeat(128));
        names = new String[topics];
        for (int i = 0; i < topics; i++) {
            names[i] = "topic/" + i;
        }
        for (int i = 0; i < lanes; i++) {
            QueueLane lane = new QueueLane(System::nanoTime);
            HubLane joined = TransportAccess.of(hub).join(lane, new DiscardingFramer(), RecordingSink.QUIET);
            for (int c = 0; c < clients; c++) {
                lane.run(() -> new MemorySink(joined).open(Selector.of("topic/*"), StartPosition.live(), null));
            }
            lane.runAll();
        }
        for (String name : names) {
            hub.publish(name, event); // creates the topic before the measurement
        }
    }

    /** Closes the hub. */
    @TearDown
    public void tearDown() {
        hub.close();
    }

    /** Publishes one event. */
    @Benchmark
    public Object publish() {
        if (++next == names.length) {
            next = 0;
        }
        return hub.publish(names[next], event);
    }
}
