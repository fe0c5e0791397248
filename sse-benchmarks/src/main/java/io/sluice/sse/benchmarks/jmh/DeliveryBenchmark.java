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
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of the lane itself per client, without a transport: events are published, and a pass writes them to 1,000
 * sinks in memory. An operation is the write to one sink.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DeliveryBenchmark {

    private static final int SINKS = 1_000;

    /** Events per pass. */
    @Param({"1", "8"})
    public int events;

    /** The additional subscription of each client; all events are published to the common topic. */
    @Param({"nothing", "topic", "pattern"})
    public String beside = "";

    private final Event event = Event.of("x".repeat(128));
    private final QueueLane lane = new QueueLane(System::nanoTime);
    private Hub hub = Hub.create();

    /** Creates the sinks. */
    @Setup
    public void setUp() {
        hub = Hub.builder().coalesce(Duration.ZERO).build(); // the lane has no timer that could end a waiting time
        HubLane joined = TransportAccess.of(hub).join(lane, new DiscardingFramer(), RecordingSink.QUIET);
        for (int i = 0; i < SINKS; i++) {
            Selector selector = switch (beside) {
                case "nothing" -> Selector.of("common");
                case "topic" -> Selector.of("common", "own/" + i);
                case "pattern" -> Selector.of("common", "own/" + i + "/*");
                default -> throw new IllegalArgumentException(beside);
            };
            lane.run(() -> new MemorySink(joined).open(selector, StartPosition.live(), null));
        }
        lane.runAll();
    }

    /** Closes the hub. */
    @TearDown
    public void tearDown() {
        hub.close();
        lane.runAll();
    }

    /** Delivers to all sinks. */
    @Benchmark
    @OperationsPerInvocation(SINKS)
    public void deliver() {
        for (int i = 0; i < events; i++) {
            hub.publish("common", event);
        }
        lane.runAll();
    }
}
