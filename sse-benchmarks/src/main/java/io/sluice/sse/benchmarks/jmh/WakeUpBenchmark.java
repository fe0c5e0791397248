package io.sluice.sse.benchmarks.jmh;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.Lane;
import io.sluice.sse.test.DiscardingFramer;
import io.sluice.sse.test.MemorySink;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the time from a publish on one thread to the write on the lane's thread, which sleeps in its event loop in
 * between.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WakeUpBenchmark {

    private final AtomicLong written = new AtomicLong();
    private final Event event = Event.of("x".repeat(128));
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private Hub hub = Hub.create();
    private long expected;

    private record LoopLane(EventLoop loop) implements Lane {

        @Override
        public boolean inLane() {
            return loop.inEventLoop();
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }

        @Override
        public Runnable schedule(Runnable task, long delayNanos) {
            Future<?> future = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
            return () -> future.cancel(false);
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    }

    /** Creates one lane and one client. */
    @Setup
    public void setUp() throws Exception {
        hub = Hub.create();
        LoopLane lane = new LoopLane(group.next());
        HubLane joined = TransportAccess.of(hub).join(lane, new DiscardingFramer(), RecordingSink.QUIET);
        lane.loop()
                .submit(() -> new MemorySink(joined) {
                    @Override
                    protected void write(Frame frame) {
                        written.incrementAndGet();
                    }
                }.open(Selector.of("topic"), StartPosition.live(), null))
                .get();
        expected = written.get();
    }

    /** Closes the hub. */
    @TearDown
    public void tearDown() {
        hub.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /** Publishes, and waits until the event is written. */
    @Benchmark
    public void publishAndSeeItWritten() {
        hub.publish("topic", event);
        expected++;
        while (written.get() < expected) {
            Thread.onSpinWait();
        }
    }
}
