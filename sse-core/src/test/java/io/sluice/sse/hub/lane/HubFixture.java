package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.LogAssertions;
import io.sluice.sse.test.ManualLane;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A hub with manually driven lanes. Closing it closes every client and asserts what must hold after each test: the
 * ledger reads zero, no timer and no task is left, every frame was released, the rings are valid.
 */
public final class HubFixture implements AutoCloseable {

    public static final LaneOptions QUIET = RecordingSink.QUIET;

    public final Hub hub;
    public final List<ManualLane> lanes = new ArrayList<>();
    final List<FakeFramer> framers = new ArrayList<>();
    public final List<HubLane> hubLanes = new ArrayList<>();
    /** User code that waits to be run. */
    final ArrayDeque<Runnable> userCode = new ArrayDeque<>();

    public long nowNanos = TimeUnit.DAYS.toNanos(1);

    /** The wall clock. Unlike the hub's own clock, it changes only when a test sets it. */
    Instant wallTime = Instant.parse("2026-11-21T10:00:00Z");

    /** The tasks that the hub has scheduled: the slices of its expiry. */
    private final PriorityQueue<HubTimer> timers = new PriorityQueue<>(Comparator.comparingLong(HubTimer::dueNanos));

    private record HubTimer(long dueNanos, Runnable task) {}

    public HubFixture() {
        this(options -> {}, 1, QUIET);
    }

    public HubFixture(Consumer<HubBuilder> options) {
        this(options, 1, QUIET);
    }

    public HubFixture(Consumer<HubBuilder> options, int laneCount, LaneOptions laneOptions) {
        HubBuilder builder = Hub.builder()
                .coalesce(Duration.ZERO) // the clocks move only in tests
                .userExecutor(userCode::add);
        HubTestAccess.clock(builder, () -> nowNanos);
        HubTestAccess.wallClock(builder, () -> wallTime);
        HubTestAccess.timer(builder, this::schedule);
        HubTestAccess.epoch(builder, 7);
        options.accept(builder);
        hub = builder.build();
        for (int i = 0; i < laneCount; i++) {
            ManualLane lane = new ManualLane();
            FakeFramer framer = new FakeFramer(lane, hub.ledger());
            lanes.add(lane);
            framers.add(framer);
            hubLanes.add(TransportAccess.of(hub).join(lane, framer, laneOptions));
        }
    }

    private Runnable schedule(Runnable task, long delayNanos) {
        HubTimer timer = new HubTimer(nowNanos + delayNanos, task);
        timers.add(timer);
        return () -> timers.remove(timer);
    }

    /** How many tasks the hub has scheduled. */
    public int hubTimers() {
        return timers.size();
    }

    /** Advances the clock of the hub alone, timer by timer. */
    public void advanceHub(long nanos) {
        long end = nowNanos + nanos;
        while (!timers.isEmpty() && timers.peek().dueNanos <= end) {
            HubTimer timer = timers.poll();
            nowNanos = Math.max(nowNanos, timer.dueNanos);
            timer.task.run();
        }
        nowNanos = end;
    }

    ManualLane lane() {
        return lanes.get(0);
    }

    public FakeFramer framer() {
        return framers.get(0);
    }

    public HubLane hubLane() {
        return hubLanes.get(0);
    }

    public FakeSink sink() {
        return new FakeSink(hubLane(), null);
    }

    /** Opens a client on the first lane and lets it catch up. */
    public FakeSink open(StartPosition start, String... terms) {
        FakeSink sink = sink();
        open(sink, start, null, terms);
        run();
        return sink;
    }

    public FakeSink open(StartPosition start, Selector selector) {
        FakeSink sink = sink();
        open(sink, start, selector);
        run();
        return sink;
    }

    public FakeSink live(String... terms) {
        return open(StartPosition.live(), terms);
    }

    /** A live sink of topic {@code a} with a source that has been started. */
    public FakeSink live(Source source) {
        FakeSink sink = sink();
        open(sink, StartPosition.live(), source, "a");
        run();
        return sink;
    }

    public void open(FakeSink sink, StartPosition start, @Nullable Source source, String... terms) {
        open(sink, start, source, terms.length == 0 ? null : Selector.of(terms));
    }

    public void open(FakeSink sink, StartPosition start, @Nullable Selector selector) {
        open(sink, start, null, selector);
    }

    private void open(FakeSink sink, StartPosition start, @Nullable Source source, @Nullable Selector selector) {
        ((ManualLane) sink.hubLane().lane()).run(() -> sink.open(selector, start, source));
    }

    Subscription subscribe(FakeSink sink, Selector selector) {
        CompletionStage<Subscription> begun = sink.subscribe(selector);
        run();
        return begun.toCompletableFuture().join();
    }

    Subscription subscribe(FakeSink sink, String... terms) {
        return subscribe(sink, Selector.of(terms));
    }

    void cancel(Subscription subscription) {
        CompletableFuture<Void> ended = subscription.cancel().toCompletableFuture();
        run();
        ended.join();
    }

    /** Runs work as the first lane. */
    public void onLane(Runnable work) {
        lane().run(work);
    }

    public String publish(String topic, String data) {
        return publish(topic, Event.of(data)).id();
    }

    public Published publish(String topic, Event event) {
        return hub.publish(topic, event).toCompletableFuture().join();
    }

    /** The data of the events that {@link #publishMany} publishes. */
    public static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    /** Runs lanes and user code until nothing is waiting. */
    public void run() {
        boolean moved;
        do {
            moved = false;
            for (ManualLane lane : lanes) {
                while (lane.runOne()) {
                    moved = true;
                }
            }
            moved |= runUserCode();
        } while (moved);
    }

    boolean runUserCode() {
        boolean moved = false;
        for (Runnable task = userCode.poll(); task != null; task = userCode.poll()) {
            task.run();
            moved = true;
        }
        return moved;
    }

    /** Advances the clocks of the lanes and of the hub. */
    public void advance(long nanos) {
        advanceHub(nanos);
        for (ManualLane lane : lanes) {
            lane.advance(Duration.ofNanos(nanos));
        }
        run();
    }

    public void publishMany(String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            publish(topic, Integer.toString(i));
        }
    }

    HubLog log() {
        return HubTestAccess.log(hub);
    }

    public void assertRingsValid() {
        LogAssertions.assertValid(hub);
    }

    @Override
    public void close() {
        assertRingsValid();
        hub.close();
        assertThat(timers).as("timers of the closed hub").isEmpty();
        run();
        for (HubLane lane : hubLanes) {
            lane.forEachSink(sink -> sink.close(CloseReason.SERVER_DRAINING));
        }
        run();
        assertThat(hub.ledger().isZero()).as("%s", hub.ledger()).isTrue();
        for (int i = 0; i < lanes.size(); i++) {
            assertThat(lanes.get(i).timers()).as("timers left").isZero();
            framers.get(i).assertAllReleased();
        }
        LogAssertions.assertNoListeners(hub);
    }
}
