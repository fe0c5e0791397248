package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.Observer;
import io.sluice.sse.Scope;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** User code may throw anywhere: it harms only its own sink, and is counted once. */
class Invariant7UserCodeTest {

    @Test
    void aSourceStartsAndStopsOnTheUserExecutorInOrder() {
        List<String> heard = new ArrayList<>();
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.sink();
            bench.open(sink, Start.live(), new Source() {
                @Override
                public void start(Sink to) {
                    heard.add("start");
                    to.send(Event.of("hello"));
                    to.scope().onClose(reason -> heard.add("listener " + reason));
                }

                @Override
                public void stop(Sink from, CloseReason reason) {
                    heard.add("stop " + reason);
                }
            });
            assertThat(heard).as("not on the lane").isEmpty();
            bench.run();
            assertThat(sink.data()).containsExactly("hello");
            sink.close(CloseReason.CLOSED_BY_APPLICATION);
            bench.run();
            assertThat(heard).containsExactly("start", "stop closed-by-application", "listener closed-by-application");
        }
    }

    @Test
    void aSourceThatNeverStartedIsNotStopped() {
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.sink();
            List<String> heard = new ArrayList<>();
            bench.open(sink, Start.live(), new Source() {
                @Override
                public void start(Sink to) {
                    heard.add("start");
                }

                @Override
                public void stop(Sink from, CloseReason reason) {
                    heard.add("stop");
                }
            });
            sink.close(CloseReason.RESET);
            bench.run();
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void whateverThrowsHarmsOnlyItsOwnSink() {
        RuntimeException thrown = new RuntimeException("a test wants it so");
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
            public void gapSaid(Sink sink, Gap gap) {
                throw thrown;
            }
        };
        try (Bench bench = new Bench(options -> options.observer(observer))) {
            FakeSink good = bench.live("a");
            FakeSink bad = bench.sink();
            bench.open(
                    bad,
                    Start.after("nowhere"),
                    sink -> {
                        sink.scope().onClose(reason -> {
                            throw thrown;
                        });
                        throw thrown;
                    },
                    "a");
            bench.run();
            assertThat(bad.ended).isEqualTo(CloseReason.SOURCE_FAILED);
            bench.publish("a", "1");
            bench.run();
            assertThat(good.data()).containsExactly("1");
            // opened twice, gap, start, closed, close listener, published
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(7);
        }
    }

    @Test
    void aWriteOrAFrameThatFailsEndsOneSinkAndLeaksNothing() {
        try (Bench bench = new Bench()) {
            FakeSink bad = bench.live("a", "b");
            FakeSink good = bench.live("a", "b");
            bad.failNextWrite = true;
            bench.publish("a", "1");
            bench.publish("b", "2");
            bench.run();
            assertThat(bad.ended).isEqualTo(CloseReason.RESET);
            assertThat(good.data()).containsExactly("1", "2");
            FakeSink replaying = bench.sink();
            bench.open(replaying, Start.replay(2), null, "a", "b");
            bench.framer().failNext = true;
            bench.run();
            assertThat(replaying.ended).isEqualTo(CloseReason.RESET);
            bench.publish("a", "3");
            bench.run();
            assertThat(good.data()).containsExactly("1", "2", "3");
        }
    }

    @Test
    void whatTheUserExecutorRefusesRunsInOrderOnAnother() throws Exception {
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
            assertThat(bothRan.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(ran).containsExactly("refused", "queued meanwhile");
            assertThat(lines.all()).hasSize(1);
        }
    }

    @Test
    void anExecutorThatTakesNothingLeavesTheNextTaskItsChance() {
        List<String> ran = new ArrayList<>();
        boolean[] refuses = {true};
        SerialExecutor serial = new SerialExecutor(task -> {
            if (refuses[0]) {
                throw new OutOfMemoryError("no thread (a test wants it so)");
            }
            task.run();
        });
        assertThatThrownBy(() -> serial.execute(() -> ran.add("lost"))).isInstanceOf(OutOfMemoryError.class);
        refuses[0] = false;
        serial.execute(() -> ran.add("next"));
        assertThat(ran).containsExactly("next");
    }

    /** Whoever queued them was told that they would run, and may never come by again. */
    @Test
    void anExecutorThatTakesNothingDoesNotStrandWhatOthersQueuedMeanwhile() {
        List<String> ran = new ArrayList<>();
        SerialExecutor[] serial = new SerialExecutor[1];
        serial[0] = new SerialExecutor(task -> {
            serial[0].execute(() -> ran.add("queued meanwhile"));
            throw new OutOfMemoryError("no thread (a test wants it so)");
        });
        assertThatThrownBy(() -> serial[0].execute(() -> ran.add("refused"))).isInstanceOf(OutOfMemoryError.class);
        assertThat(ran).containsExactly("queued meanwhile");
    }

    /** Each place in which user code is called, and what it may throw there. */
    private static Stream<Arguments> placesAndThrowables() {
        Map<String, BiConsumer<Bench, Runnable>> places = new LinkedHashMap<>();
        places.put("start of the source", (bench, code) -> open(bench, sink -> code.run()));
        places.put(
                "stop of the source",
                (bench, code) -> open(bench, new Source() {
                            @Override
                            public void start(Sink sink) {}

                            @Override
                            public void stop(Sink sink, CloseReason reason) {
                                code.run();
                            }
                        })
                        .close(CloseReason.CLIENT_LEFT));
        places.put("close listener", (bench, code) -> {
            FakeSink sink = bench.live("a");
            sink.scope().onClose(reason -> code.run());
            sink.close(CloseReason.CLIENT_LEFT);
        });
        places.put("close of a resource", (bench, code) -> {
            FakeSink sink = bench.live("a");
            sink.scope().own(code::run);
            sink.close(CloseReason.CLIENT_LEFT);
        });
        places.put("task", (bench, code) -> {
            bench.live("a").scope().schedule(Duration.ofSeconds(1), code);
            bench.advance(TimeUnit.SECONDS.toNanos(2));
        });
        places.put(
                "task of its own thread",
                (bench, code) -> bench.live("a").scope().fork(code::run));
        places.put("writable listener", (bench, code) -> bench.live("a").onWritable(code));
        List<Throwable> throwables = List.of(
                new RuntimeException("a test wants it so"),
                new Error("a test wants it so"),
                new StackOverflowError("a test wants it so"));
        return places.entrySet().stream()
                .flatMap(place -> throwables.stream()
                        .map(thrown -> Arguments.of(
                                Named.of(place.getKey(), place.getValue()),
                                Named.of(thrown.getClass().getSimpleName(), thrown))));
    }

    private static FakeSink open(Bench bench, Source source) {
        FakeSink sink = bench.sink();
        bench.open(sink, Start.live(), source, "a");
        bench.run();
        return sink;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("placesAndThrowables")
    void whatThrowsIsLoggedOnceWithItsClientsIdAndCountedAndOthersGetAll(
            BiConsumer<Bench, Runnable> place, Throwable thrown) {
        try (Bench bench = new Bench();
                LogLines lines = LogLines.of(Hub.class)) {
            FakeSink other = bench.live("a");
            bench.publish("a", "before");
            place.accept(bench, () -> Invariant7UserCodeTest.<RuntimeException>sneak(thrown));
            bench.publish("a", "after");
            bench.run();
            assertThat(other.data()).containsExactly("before", "after");
            assertThat(other.isOpen()).isTrue();
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(1);
            assertThat(lines.all()).singleElement(STRING).startsWith("[2] the ").endsWith(" failed");
            assertThat(lines.events().get(0).getThrowableProxy().getClassName())
                    .isIn(thrown.getClass().getName(), IllegalStateException.class.getName());
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /** A line a second of each kind, and the number of those that were held back. */
    @Test
    void anObserverThatThrowsForEachEventDoesNotFloodTheLog() {
        Observer observer = new Observer() {
            @Override
            public void published(String topic, String id) {
                throw new IllegalStateException("a test wants it so");
            }
        };
        try (Bench bench = new Bench(options -> options.observer(observer));
                LogLines lines = LogLines.of(Hub.class)) {
            FakeSink sink = bench.live("a");
            bench.publishMany("a", 0, 10_000);
            assertThat(lines.all()).containsExactly("[-] the observer failed");
            sink.fail(new IllegalStateException("another kind"));
            assertThat(lines.all()).hasSize(2);
            bench.advanceHub(TimeUnit.SECONDS.toNanos(2));
            assertThat(lines.all().get(2))
                    .as("though nothing fails any more")
                    .isEqualTo("[-] the observer failed again, 9999 more since the last line");
            bench.advanceHub(TimeUnit.SECONDS.toNanos(1));
            bench.publish("a", "later");
            assertThat(lines.all().get(3)).isEqualTo("[-] the observer failed");
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(10_002);
        }
    }

    @Test
    void whatWasHeldBackIsSaidWhenTheHubCloses() {
        try (LogLines lines = LogLines.of(Hub.class)) {
            try (Bench bench = new Bench()) {
                bench.live("a").fail(new IllegalStateException("a test wants it so"));
                bench.live("a").fail(new IllegalStateException("a test wants it so"));
                assertThat(lines.all()).hasSize(1);
            }
            assertThat(lines.all()).hasSize(2);
            assertThat(lines.all().get(1)).isEqualTo("[-] the source failed again, 1 more since the last line");
        }
    }

    /** Each callback does what may come back to it; nothing is called inside of itself, and nothing hangs. */
    @Test
    void whatReentersIsServedInTurn() {
        try (Bench bench = new Bench()) {
            FakeSink other = bench.live("a");
            FakeSink[] opened = new FakeSink[1];
            FakeSink sink = open(bench, to -> {
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
                    bench.open(opened[0], Start.live(), null, "a");
                });
                to.close(CloseReason.CLOSED_BY_APPLICATION);
            });
            bench.run();
            bench.advance(TimeUnit.SECONDS.toNanos(1));
            bench.publish("a", "after");
            bench.run();
            assertThat(sink.ended).isEqualTo(CloseReason.CLOSED_BY_APPLICATION);
            assertThat(other.data()).containsExactly("published at the end", "late listener", "after");
            assertThat(opened[0].data()).endsWith("after");
            assertThat(bench.hub.stats().userCodeFailures()).isZero();
        }
    }

    /** Its own user code waits behind it; nobody else's does, and publishing does not. */
    @Test
    void whatBlocksKeepsNobodyElse() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(4);
        ExecutorService users = Executors.newCachedThreadPool();
        try (Bench bench = new Bench(options -> options.userExecutor(users))) {
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
            bench.open(sinks.get(0), Start.live(), to -> block.run(), "a");
            for (FakeSink sink : sinks.subList(1, 4)) {
                bench.open(sink, Start.live(), null, "a");
            }
            sinks.get(1).onWritable(block);
            sinks.get(2).scope().onClose(reason -> block.run());
            sinks.get(2).close(CloseReason.CLIENT_LEFT);
            sinks.get(3).scope().fork(block::run);
            bench.run();
            assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
            bench.publish("a", "delivered");
            bench.run();
            assertThat(other.data()).containsExactly("delivered");
            assertThat(sinks.get(0).data()).as("its own hub events too").containsExactly("delivered");
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
        try (Bench bench = new Bench()) {
            FakeSink sink = bench.live("a");
            List<CloseReason> heard = new ArrayList<>();
            Scope child = sink.scope().child();
            child.onClose(heard::add);
            child.close(CloseReason.CLOSED_BY_APPLICATION);
            bench.run();
            assertThat(heard).containsExactly(CloseReason.CLOSED_BY_APPLICATION);
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
