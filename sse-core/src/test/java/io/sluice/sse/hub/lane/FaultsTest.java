package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults between a publisher and a client, caused step by step on a manually driven lane. */
class FaultsTest {

    private static final LaneOptions BEATING = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(8));

    @Test
    void aCloseInsideAWriteEndsTheSinkOnceAndTheOthersContinue() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink one = bench.live("a", "b");
            FakeSink two = bench.live("a", "b");
            one.onNextWrite = () -> one.close(CloseReason.RESET);
            bench.publish("a", "1");
            bench.publish("b", "2");
            bench.run();
            bench.publish("a", "3");
            bench.run();
            assertThat(one.endReason()).isEqualTo(CloseReason.RESET);
            assertThat(one.data()).isEmpty();
            assertThat(two.data()).containsExactly("1", "2", "3");
        }
    }

    @Test
    void aCloseWhileBytesArePendingReleasesThem() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.stall(1 << 20));
            bench.publishMany("a", 0, 10);
            bench.run();
            assertThat(bench.hub.ledger().count(Ledger.Kind.BUFFERS)).isPositive();
            bench.onLane(() -> sink.close(CloseReason.RESET));
            bench.run();
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    /** The close or the heartbeat may come first. In both cases nothing is written after the close. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCloseAndAHeartbeatAtTheSameMoment(boolean closeFirst) {
        try (HubFixture bench = new HubFixture(o -> {}, 1, BEATING)) {
            FakeSink sink = bench.live("a");
            FakeSink other = bench.live("a");
            bench.lane().advance(Duration.ofNanos(TimeUnit.SECONDS.toNanos(8) - 1));
            if (closeFirst) {
                sink.close(CloseReason.CLOSED_BY_APPLICATION); // waits on the lane, before the timer
            } else {
                other.onNextWrite = () -> sink.close(CloseReason.CLOSED_BY_APPLICATION); // inside the tick
            }
            int writes = sink.writes;
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            assertThat(sink.endReason()).isEqualTo(CloseReason.CLOSED_BY_APPLICATION);
            assertThat(sink.writes - writes).isLessThanOrEqualTo(closeFirst ? 0 : 1);
            assertThat(other.comments()).hasSize(1);
            bench.advance(TimeUnit.SECONDS.toNanos(20));
            assertThat(other.comments().size()).as("the ticker continues").isGreaterThan(1);
            assertThat(sink.writes - writes).isLessThanOrEqualTo(closeFirst ? 0 : 1);
        }
    }

    @Test
    void aCloseInTheMiddleOfAReplayStopsIt() {
        try (HubFixture bench = new HubFixture(o -> o.historyBytes(1 << 24))) {
            for (int i = 0; i < 20; i++) {
                bench.publish("a", "x".repeat(20_000)); // one frame each
            }
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.replay(20), null, "a");
            int first = sink.writes;
            sink.listener = new FakeSink.StreamListener() {
                @Override
                public void onEvent(ReceivedEvent event) {
                    if (sink.events().size() == 3) {
                        sink.onNextWrite = () -> sink.close(CloseReason.CLIENT_LEFT);
                    }
                }
            };
            bench.run();
            assertThat(sink.data()).hasSize(3);
            assertThat(sink.writes - first).isLessThanOrEqualTo(4);
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    /** For each client, every wanted event was delivered, or evicted before the client had read it. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyEventIsAccountedForWhicheverClientIsSlow(long seed) {
        Random random = new Random(seed);
        try (HubFixture bench = new HubFixture(o -> o.historyEvents(50).overflow(OverflowPolicy.GAP))) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sinks.add(bench.live("a"));
            }
            int published = 0;
            for (int step = 0; step < 2000; step++) {
                FakeSink any = sinks.get(random.nextInt(sinks.size()));
                switch (random.nextInt(4)) {
                    case 0 -> bench.onLane(() -> any.stall(1 + random.nextInt(500)));
                    case 1 -> bench.onLane(any::read);
                    case 2 -> bench.run();
                    default -> {
                        for (int i = random.nextInt(10); i >= 0; i--) {
                            bench.publish("a", Integer.toString(published++));
                        }
                    }
                }
            }
            sinks.forEach(sink -> bench.onLane(sink::read));
            bench.run();
            sinks.forEach(sink -> bench.onLane(sink::read));
            long delivered = 0;
            long gaps = 0;
            for (FakeSink sink : sinks) {
                assertThat(sink.data().size() + missedBetweenGaps(sink)).isEqualTo(published);
                delivered += sink.data().size();
                gaps += sink.gaps().size();
            }
            assertThat(gaps).as("at least one client was lapped").isPositive();
            assertThat(bench.hub.stats().delivered()).isEqualTo(delivered);
            assertThat(bench.hub.stats().gaps()).isEqualTo(gaps);
            assertThat(bench.hub.stats().published()).isEqualTo(published);
        }
    }

    /** Counts the events missing at gaps; everywhere else the numbers must be consecutive. */
    private static int missedBetweenGaps(FakeSink sink) {
        int missed = 0;
        int next = 0;
        boolean gap = false;
        for (ReceivedEvent event : sink.events()) {
            if (event.type().equals("gap")) {
                gap = true;
                continue;
            }
            int number = Integer.parseInt(event.data());
            assertThat(number == next || gap).as("a hole before %s", number).isTrue();
            missed += number - next;
            next = number + 1;
            gap = false;
        }
        return missed;
    }

    /** Each publish is accepted or fails with ClosedException. None fails otherwise or is accepted after the close. */
    @Test
    void aHubThatClosesWhileEightThreadsPublish() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 50; round++) {
                HubFixture bench = new HubFixture(o -> o.overflow(OverflowPolicy.GAP));
                FakeSink sink = bench.live("a");
                AtomicLong started = new AtomicLong();
                List<Future<Long>> takenBy = new ArrayList<>();
                for (int t = 0; t < 8; t++) {
                    takenBy.add(threads.submit(() -> publishUntilClosed(bench.hub, started)));
                }
                while (started.get() < 8 + round) {
                    Thread.onSpinWait();
                }
                bench.hub.close();
                long taken = 0;
                for (Future<Long> each : takenBy) {
                    taken += each.get(30, TimeUnit.SECONDS);
                }
                assertThat(bench.hub.stats().published()).isEqualTo(taken);
                assertThat(HubTestAccess.log(bench.hub).head()).isEqualTo(taken);
                bench.run();
                assertThat(sink.endReason()).isEqualTo(CloseReason.SERVER_DRAINING);
                bench.hub.close();
                bench.close();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static long publishUntilClosed(Hub hub, AtomicLong started) {
        for (long taken = 0; ; taken++) {
            try {
                started.incrementAndGet();
                hub.publish("a", Event.of("x")).toCompletableFuture().join();
            } catch (CompletionException e) {
                assertThat(e).hasCauseInstanceOf(ClosedException.class);
                return taken;
            }
        }
    }

    private enum Caller {
        OBSERVER_OF_A_PUBLISH,
        OBSERVER_OF_AN_END,
        CLOSE_LISTENER,
        SOURCE_START,
        SOURCE_STOP,
        WRITE
    }

    /**
     * Any callback may publish: nothing hangs, nothing nests without end, and the event arrives after earlier ones.
     */
    @ParameterizedTest
    @EnumSource(Caller.class)
    void publishingFromWithinACallback(Caller caller) {
        Hub[] hub = new Hub[1];
        int[] left = {3};
        Runnable again = () -> {
            if (left[0]-- > 0) {
                hub[0].publish("a", Event.of("again"));
            }
        };
        Observer observer = new Observer() {
            @Override
            public void published(String topic, String id) {
                if (caller == Caller.OBSERVER_OF_A_PUBLISH) {
                    again.run();
                }
            }

            @Override
            public void sinkClosed(Sink sink, CloseReason reason) {
                if (caller == Caller.OBSERVER_OF_AN_END) {
                    again.run();
                }
            }
        };
        Source source = new Source() {
            @Override
            public void start(Sink sink) {
                if (caller == Caller.SOURCE_START) {
                    again.run();
                }
            }

            @Override
            public void stop(Sink sink, CloseReason reason) {
                if (caller == Caller.SOURCE_STOP) {
                    again.run();
                }
            }
        };
        try (HubFixture bench = new HubFixture(o -> o.observer(observer))) {
            hub[0] = bench.hub;
            FakeSink hears = bench.live("a");
            FakeSink goes = bench.sink();
            bench.open(goes, StartPosition.live(), source, "a");
            bench.run();
            if (caller == Caller.CLOSE_LISTENER) {
                goes.scope().onClose(reason -> again.run());
            }
            if (caller == Caller.WRITE) {
                goes.onNextWrite = again;
            }
            bench.publish("a", "first");
            bench.run();
            bench.onLane(() -> goes.close(CloseReason.CLIENT_LEFT));
            bench.run();
            assertThat(left[0]).as("was called").isLessThan(3);
            assertThat(hears.data()).contains("first").hasSize(1 + 3 - Math.max(0, left[0]));
        }
    }

    @Test
    void clientsThatComeAndGoWhileOthersPublishLeaveNoGhost() throws Exception {
        ExecutorService publisher = Executors.newSingleThreadExecutor();
        try (HubFixture bench = new HubFixture(o -> o.historyEvents(10))) {
            Future<?> publishing = publisher.submit(() -> {
                for (int i = 0; i < 20_000; i++) {
                    bench.publish("t/" + i % 50, "x");
                }
            });
            List<FakeSink> open = new ArrayList<>();
            Random random = new Random(1);
            for (int i = 0; i < 20_000 || !publishing.isDone(); i++) {
                if (open.size() > 20 || (!open.isEmpty() && random.nextBoolean())) {
                    FakeSink sink = open.remove(random.nextInt(open.size()));
                    bench.onLane(() -> sink.close(CloseReason.CLIENT_LEFT));
                } else {
                    FakeSink sink = bench.sink();
                    bench.open(
                            sink,
                            StartPosition.live(),
                            null,
                            "t/" + random.nextInt(50),
                            random.nextInt(3) == 0 ? "t/*" : "u");
                    open.add(sink);
                }
                if (random.nextInt(8) == 0) {
                    bench.lane().runOne();
                }
            }
            publishing.get(60, TimeUnit.SECONDS);
            bench.run();
            assertThat(bench.hub.ledger().count(Ledger.Kind.SINKS)).isEqualTo(open.size());
            assertThat(bench.hub.ledger().count(Ledger.Kind.SUBSCRIPTIONS)).isEqualTo(open.size());
            for (int t = 0; t < 50; t++) {
                String topic = "t/" + t;
                long hearing = open.stream()
                        .filter(sink -> sink.state()
                                        .requireSelection()
                                        .first()
                                        .selector()
                                        .topics()
                                        .contains(topic)
                                || !sink.state()
                                        .requireSelection()
                                        .first()
                                        .selector()
                                        .patterns()
                                        .isEmpty())
                        .count();
                assertThat(bench.hub.subscribers(topic)).isEqualTo((int) hearing);
            }
        } finally {
            publisher.shutdownNow();
        }
    }
}
