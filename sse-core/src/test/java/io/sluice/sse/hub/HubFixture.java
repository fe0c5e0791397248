package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Source;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A hub with hand-driven lanes. Closing it closes every client and asserts what must hold after each test: the ledger
 * reads zero, no timer and no task is left, every frame was let go, the rings are sound.
 */
final class HubFixture implements AutoCloseable {

    static final LaneOptions QUIET = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);

    final Hub hub;
    final List<ManualLane> lanes = new ArrayList<>();
    final List<FakeFramer> framers = new ArrayList<>();
    final List<HubLane> hubLanes = new ArrayList<>();
    /** User code that waits for its executor. */
    final ArrayDeque<Runnable> userCode = new ArrayDeque<>();

    long nowNanos = TimeUnit.DAYS.toNanos(1);

    /** The time of day, which stands still beside the hub's own clock unless a test moves it. */
    Instant wallTime = Instant.parse("2026-11-21T10:00:00Z");

    /** What the hub wants to do when the time has come: the slices of its ageing. */
    private final PriorityQueue<HubTimer> timers = new PriorityQueue<>(Comparator.comparingLong(HubTimer::dueNanos));

    private record HubTimer(long dueNanos, Runnable task) {}

    HubFixture() {
        this(options -> {}, 1, QUIET);
    }

    HubFixture(Consumer<HubBuilder> options) {
        this(options, 1, QUIET);
    }

    HubFixture(Consumer<HubBuilder> options, int laneCount, LaneOptions laneOptions) {
        HubBuilder builder = Hub.builder()
                .clock(() -> nowNanos)
                .wallClock(() -> wallTime)
                .timer(this::schedule)
                .epoch(7)
                .coalesce(Duration.ZERO) // clocks are moved as a test likes
                .userExecutor(userCode::add);
        options.accept(builder);
        hub = builder.build();
        for (int i = 0; i < laneCount; i++) {
            ManualLane lane = new ManualLane();
            FakeFramer framer = new FakeFramer(lane, hub.ledger());
            lanes.add(lane);
            framers.add(framer);
            hubLanes.add(hub.join(lane, framer, laneOptions));
        }
    }

    private Runnable schedule(Runnable task, long delayNanos) {
        HubTimer timer = new HubTimer(nowNanos + delayNanos, task);
        timers.add(timer);
        return () -> timers.remove(timer);
    }

    /** How many tasks the hub has scheduled. */
    int hubTimers() {
        return timers.size();
    }

    /** Lets time pass for the hub alone, timer by timer. */
    void advanceHub(long nanos) {
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

    FakeFramer framer() {
        return framers.get(0);
    }

    HubLane hubLane() {
        return hubLanes.get(0);
    }

    FakeSink sink() {
        return new FakeSink(hubLane(), null);
    }

    /** Opens a client on the first lane and lets it catch up. */
    FakeSink open(StartPosition start, String... terms) {
        FakeSink sink = sink();
        open(sink, start, null, terms);
        run();
        return sink;
    }

    FakeSink open(StartPosition start, Selector selector) {
        FakeSink sink = sink();
        open(sink, start, selector);
        run();
        return sink;
    }

    FakeSink live(String... terms) {
        return open(StartPosition.live(), terms);
    }

    /** A live sink of topic {@code a} with a source that has been started. */
    FakeSink live(Source source) {
        FakeSink sink = sink();
        open(sink, StartPosition.live(), source, "a");
        run();
        return sink;
    }

    void open(FakeSink sink, StartPosition start, @Nullable Source source, String... terms) {
        open(sink, start, source, terms.length == 0 ? null : Selector.of(terms));
    }

    void open(FakeSink sink, StartPosition start, @Nullable Selector selector) {
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

    /** Does something as the first lane. */
    void onLane(Runnable work) {
        lane().run(work);
    }

    String publish(String topic, String data) {
        return publish(topic, Event.of(data)).id();
    }

    Published publish(String topic, Event event) {
        return hub.publish(topic, event).toCompletableFuture().join();
    }

    /** The data of what {@link #publishMany} publishes. */
    static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    /** Lets lanes and user code run until nothing waits. */
    void run() {
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

    /** Lets time pass, for the lanes and for the age of events. */
    void advance(long nanos) {
        advanceHub(nanos);
        for (ManualLane lane : lanes) {
            lane.advance(nanos);
        }
        run();
    }

    void publishMany(String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            publish(topic, Integer.toString(i));
        }
    }

    void assertRingsValid() {
        assertRingsValid(hub);
    }

    /** What is in memory is sound, and adds up. */
    static void assertRingsValid(Hub hub) {
        hub.log().locked(() -> {
            long events = 0;
            long bytes = 0;
            Map<SharedEvent, Integer> shared = new IdentityHashMap<>();
            for (Topic topic : hub.log().topics.all()) {
                topic.log.assertValid();
                boolean hasHistory = topic.log instanceof StoredLog;
                events += hasHistory ? topic.log.size() : topic.log.keptEvents();
                bytes += hasHistory ? topic.log.bytes() : topic.log.keptBytes();
                topic.log.fromNewest(entry -> {
                    if (entry.copies() != null) {
                        shared.merge(entry.copies(), 0, (before, ignored) -> before + entry.wire.length);
                    }
                    return true;
                });
            }
            bytes -= shared.values().stream().mapToInt(Integer::intValue).sum();
            assertThat(hub.log().bounds.totalEvents()).isEqualTo(events);
            assertThat(hub.log().bounds.totalBytes()).isEqualTo(bytes);
            return null;
        });
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
            framers.get(i).assertAllLetGo();
        }
        hub.log().locked(() -> {
            for (Topic topic : hub.log().topics.all()) {
                assertThat(topic.firstLane()).as("listeners of %s", topic).isNull();
            }
            return null;
        });
    }
}
