package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.Observer;
import io.sluice.sse.Scope;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.core.UserExecutor;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** User code may throw anywhere: it affects only its own sink, and is counted once. */
class Invariant7UserCodeTest {

    @Test
    void aSourceStartsAndStopsOnTheUserExecutorInOrder() {
        List<String> calls = new ArrayList<>();
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.live(), new Source() {
                @Override
                public void start(Sink to) {
                    calls.add("start");
                    to.send(Event.of("hello"));
                    to.scope().onClose(reason -> calls.add("listener " + reason));
                }

                @Override
                public void stop(Sink from, CloseReason reason) {
                    calls.add("stop " + reason);
                }
            });
            assertThat(calls).as("not on the lane").isEmpty();
            bench.run();
            assertThat(sink.data()).containsExactly("hello");
            sink.close(CloseReason.CLOSED_BY_APPLICATION);
            bench.run();
            assertThat(calls).containsExactly("start", "stop closed-by-application", "listener closed-by-application");
        }
    }

    @Test
    void aSourceThatNeverStartedIsNotStopped() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.sink();
            List<String> calls = new ArrayList<>();
            bench.open(sink, StartPosition.live(), new Source() {
                @Override
                public void start(Sink to) {
                    calls.add("start");
                }

                @Override
                public void stop(Sink from, CloseReason reason) {
                    calls.add("stop");
                }
            });
            sink.close(CloseReason.RESET);
            bench.run();
            assertThat(calls).isEmpty();
        }
    }

    @Test
    void userCodeThatThrowsAffectsOnlyItsOwnSink() {
        RuntimeException thrown = new RuntimeException("thrown by the test");
        Observer observer = new Observer() {
            @Override
            public void sinkOpened(Sink sink) {
                throw thrown;
            }

            @Override
            public void sinkClosed(Sink sink, CloseReason reason) {
                throw thrown;
            }

            @Override
            public void published(String topic, String id) {
                throw thrown;
            }

            @Override
            public void gapReported(Sink sink, Gap gap) {
                throw thrown;
            }
        };
        try (HubFixture bench = new HubFixture(options -> options.observer(observer))) {
            FakeSink good = bench.live("a");
            FakeSink bad = bench.sink();
            bench.open(
                    bad,
                    StartPosition.after("nowhere"),
                    sink -> {
                        sink.scope().onClose(reason -> {
                            throw thrown;
                        });
                        throw thrown;
                    },
                    "a");
            bench.run();
            assertThat(bad.endReason()).isEqualTo(CloseReason.SOURCE_FAILED);
            bench.publish("a", "1");
            bench.run();
            assertThat(good.data()).containsExactly("1");
            // opened twice, gap, start, closed, close listener, published
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(7);
        }
    }

    @Test
    void aFailedWriteOrFrameEndsOneSinkAndLeaksNothing() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink bad = bench.live("a", "b");
            FakeSink good = bench.live("a", "b");
            bad.failNextWrite = true;
            bench.publish("a", "1");
            bench.publish("b", "2");
            bench.run();
            assertThat(bad.endReason()).isEqualTo(CloseReason.RESET);
            assertThat(good.data()).containsExactly("1", "2");
            FakeSink replaying = bench.sink();
            bench.open(replaying, StartPosition.replay(2), null, "a", "b");
            bench.framer().failNext = true;
            bench.run();
            assertThat(replaying.endReason()).isEqualTo(CloseReason.RESET);
            bench.publish("a", "3");
            bench.run();
            assertThat(good.data()).containsExactly("1", "2", "3");
        }
    }

    @Test
    void tasksRejectedByTheUserExecutorRunInOrderOnAnother() throws Exception {
        List<String> ran = new CopyOnWriteArrayList<>();
        SerialExecutor[] serial = new SerialExecutor[1];
        CountDownLatch bothRan = new CountDownLatch(2);
        Executor refusing = task -> {
            serial[0].execute(() -> {
                ran.add("queued meanwhile");
                bothRan.countDown();
            });
            throw new RejectedExecutionException("full");
        };
        Thread caller = Thread.currentThread();
        try (LogLines lines = LogLines.of(UserExecutor.class)) {
            serial[0] = new SerialExecutor(new UserExecutor(refusing, System::nanoTime));
            serial[0].execute(() -> {
                ran.add(Thread.currentThread() == caller ? "by the caller, which may be a lane" : "refused");
                bothRan.countDown();
            });
            assertThat(bothRan.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(ran).containsExactly("refused", "queued meanwhile");
            assertThat(lines.all()).hasSize(1);
        }
    }

    @Test
    void afterAnExecutorRejectedATaskTheNextTaskStillRuns() {
        List<String> ran = new ArrayList<>();
        boolean[] refuses = {true};
        SerialExecutor serial = new SerialExecutor(task -> {
            if (refuses[0]) {
                throw new OutOfMemoryError("no thread (thrown by the test)");
            }
            task.run();
        });
        assertThatThrownBy(() -> serial.execute(() -> ran.add("lost"))).isInstanceOf(OutOfMemoryError.class);
        refuses[0] = false;
        serial.execute(() -> ran.add("next"));
        assertThat(ran).containsExactly("next");
    }

    /** The callers were promised that their tasks would run, and may never queue another one. */
    @Test
    void anExecutorThatRejectsATaskDoesNotStrandTasksQueuedMeanwhile() {
        List<String> ran = new ArrayList<>();
        SerialExecutor[] serial = new SerialExecutor[1];
        serial[0] = new SerialExecutor(task -> {
            serial[0].execute(() -> ran.add("queued meanwhile"));
            throw new OutOfMemoryError("no thread (thrown by the test)");
        });
        assertThatThrownBy(() -> serial[0].execute(() -> ran.add("refused"))).isInstanceOf(OutOfMemoryError.class);
        assertThat(ran).containsExactly("queued meanwhile");
    }

    /** Each callback makes calls that may re-enter it. Nothing is called inside itself, and nothing hangs. */
    @Test
    void reentrantCallsAreServedInTurn() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink other = bench.live("a");
            FakeSink[] opened = new FakeSink[1];
            FakeSink sink = bench.live(to -> {
                to.onWritable(() -> to.send(Event.of("sent inside")));
                to.scope().onClose(reason -> {
                    bench.hub.publish("a", Event.of("published at the end"));
                    to.scope().schedule(Duration.ZERO, () -> bench.hub.publish("a", Event.of("never")));
                    to.scope().fork(() -> bench.hub.publish("a", Event.of("never")));
                    to.scope().onClose(again -> bench.hub.publish("a", Event.of("late listener")));
                    to.onWritable(() -> bench.hub.publish("a", Event.of("never")));
                    to.send(Event.of("never"));
                    to.close(CloseReason.RESET);
                    to.complete();
                    opened[0] = bench.sink();
                    bench.open(opened[0], StartPosition.live(), null, "a");
                });
                to.close(CloseReason.CLOSED_BY_APPLICATION);
            });
            bench.run();
            bench.advance(TimeUnit.SECONDS.toNanos(1));
            bench.publish("a", "after");
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.CLOSED_BY_APPLICATION);
            assertThat(other.data()).containsExactly("published at the end", "late listener", "after");
            assertThat(opened[0].data()).endsWith("after");
            assertThat(bench.hub.stats().userCodeFailures()).isZero();
        }
    }

    /** Later user code of the same client waits for it; user code of other clients and publishers do not. */
    @Test
    void blockingUserCodeDelaysNoOtherClient() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(4);
        ExecutorService users = Executors.newCachedThreadPool();
        try (HubFixture bench = new HubFixture(options -> options.userExecutor(users))) {
            Runnable block = () -> {
                blocked.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            };
            FakeSink other = bench.live("a");
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                sinks.add(bench.sink());
            }
            bench.open(sinks.get(0), StartPosition.live(), to -> block.run(), "a");
            for (FakeSink sink : sinks.subList(1, 4)) {
                bench.open(sink, StartPosition.live(), null, "a");
            }
            sinks.get(1).onWritable(block);
            sinks.get(2).scope().onClose(reason -> block.run());
            sinks.get(2).close(CloseReason.CLIENT_LEFT);
            sinks.get(3).scope().fork(block::run);
            bench.run();
            assertThat(blocked.await(60, TimeUnit.SECONDS)).isTrue();
            bench.publish("a", "delivered");
            bench.run();
            assertThat(other.data()).containsExactly("delivered");
            assertThat(sinks.get(0).data())
                    .as("hub events of the same client too")
                    .containsExactly("delivered");
            release.countDown();
            users.shutdown();
            assertThat(users.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            release.countDown();
            users.shutdownNow();
        }
    }

    @Test
    void aScopeBelowASinkEndsAlone() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            List<CloseReason> calls = new ArrayList<>();
            Scope child = sink.scope().child();
            child.onClose(calls::add);
            child.close(CloseReason.CLOSED_BY_APPLICATION);
            bench.run();
            assertThat(calls).containsExactly(CloseReason.CLOSED_BY_APPLICATION);
            assertThat(sink.isOpen()).isTrue();
            bench.publish("a", "1");
            bench.run();
            assertThat(sink.data()).containsExactly("1");
            sink.scope().child();
            sink.close(CloseReason.CLOSED_BY_APPLICATION);
            bench.run();
            assertThat(bench.hub.stats().closed().get(CloseReason.CLOSED_BY_APPLICATION))
                    .isEqualTo(1);
        }
    }
}
