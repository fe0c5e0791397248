package io.sluice.sse.netty.frame;

import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.Batch;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.Framer;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.Splice;
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
 * Frames the blocks of a range into the buffer that all clients share, a thousand times within one pass. A lane does
 * this once, whatever the number of its clients. The class is in the package of the class that it measures, because
 * that package is not exported.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FramingBenchmark {

    private static final int TIMES = 1_000;

    /** Events in the range. */
    @Param({"1", "8", "100"})
    public int events;

    private final Event event = Event.of("x".repeat(128));
    private final QueueLane lane = new QueueLane(System::nanoTime);
    private Hub hub = Hub.create();

    private static final class Repeating implements Framer {

        private final BatchFramer framer;

        Repeating(Ledger ledger) {
            framer = new BatchFramer(ledger);
        }

        @Override
        public Frame frame(Batch batch) {
            for (int i = 1; i < TIMES; i++) {
                framer.release(framer.frame(batch));
            }
            return framer.frame(batch);
        }

        @Override
        public Frame splice(Splice splice) {
            return framer.splice(splice);
        }

        @Override
        public void release(Frame frame) {
            framer.release(frame);
        }

        @Override
        public void releaseSent() {
            framer.releaseSent();
        }

        @Override
        public int inFlight() {
            return framer.inFlight();
        }

        @Override
        public long heldBytes() {
            return framer.heldBytes();
        }
    }

    /** Creates one lane and one sink. */
    @Setup
    public void setUp() {
        hub = Hub.builder().coalesce(Duration.ZERO).build(); // the lane has no timer that could end a waiting time
        HubLane joined = TransportAccess.of(hub).join(lane, new Repeating(hub.ledger()), RecordingSink.QUIET);
        lane.run(() -> new MemorySink(joined).open(Selector.of("topic"), StartPosition.live(), null));
        lane.runAll();
    }

    /** Closes the hub. */
    @TearDown
    public void tearDown() {
        hub.close();
        lane.runAll();
    }

    /** Frames the range. */
    @Benchmark
    @OperationsPerInvocation(TIMES)
    public void frame() {
        for (int i = 0; i < events; i++) {
            hub.publish("topic", event);
        }
        lane.runAll();
    }
}
