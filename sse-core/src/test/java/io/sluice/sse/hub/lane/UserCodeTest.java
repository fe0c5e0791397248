package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.TransportAccess;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** User code that outlives its client is reported, and it does not block the code of other clients. */
class UserCodeTest {

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(3);

    @Test
    void aLoopInStartIsInterruptedWhenItsClientLeaves() {
        ExecutorService threads = Executors.newCachedThreadPool();
        try (HubFixture bench = new HubFixture(options -> options.userExecutor(threads))) {
            AtomicBoolean ended = new AtomicBoolean();
            Source loop = sink -> {
                try {
                    while (true) {
                        sink.send(Event.of("tick"));
                        TimeUnit.HOURS.sleep(1);
                    }
                } finally {
                    ended.set(true);
                }
            };
            FakeSink sink = bench.live(loop);
            await().until(() -> bench.hub.ledger().count(Ledger.Kind.USER_CODE) == 1);

            sink.close(CloseReason.CLIENT_LEFT);
            bench.run();

            await().until(ended::get);
            await().until(() -> bench.hub.ledger().isZero());
            bench.advanceHub(PATIENCE);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void codeThatIgnoresItsInterruptIsCountedAndLoggedAndBlocksNoOtherClient() {
        ExecutorService oneThread = Executors.newSingleThreadExecutor();
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch others = new CountDownLatch(2);
        try (HubFixture bench = new HubFixture(options -> options.userExecutor(oneThread));
                LogLines lines = LogLines.of(UserCodeTask.class)) {
            FakeSink stubborn = bench.live((Source) sink -> awaitUninterruptibly(release));
            await().until(() -> bench.hub.ledger().count(Ledger.Kind.USER_CODE) == 1);
            FakeSink waiting = bench.live((Source) sink -> others.countDown()); // needs the only thread

            stubborn.close(CloseReason.CLIENT_LEFT);
            bench.run();
            assertThat(bench.hub.ledger().count(Ledger.Kind.USER_CODE)).isEqualTo(1);
            bench.advanceHub(PATIENCE);

            FakeSink later = bench.live((Source) sink -> others.countDown());
            await().atMost(Duration.ofSeconds(30)).until(() -> others.getCount() == 0);
            assertThat(lines.all()).singleElement().asString().contains("still running 3 s after", stubborn.id());

            release.countDown();
            await().until(() -> bench.hub.ledger().count(Ledger.Kind.USER_CODE) == 0);
            waiting.close(CloseReason.CLIENT_LEFT);
            later.close(CloseReason.CLIENT_LEFT);
            bench.run();
            await().until(() -> bench.hub.ledger().isZero());
            bench.advanceHub(PATIENCE);
        } finally {
            release.countDown();
            oneThread.shutdownNow();
        }
    }

    /** Each kind of code that runs because its sink closes, or in parallel to the others. */
    enum After {
        STOP,
        CLOSE_LISTENER,
        FORK
    }

    @ParameterizedTest
    @EnumSource
    void codeThatStartsAfterTheCloseAndForkedCodeIsLoggedAndBlocksNoOtherClient(After kind) {
        ExecutorService oneThread = Executors.newSingleThreadExecutor();
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch others = new CountDownLatch(1);
        Runnable stubborn = () -> {
            runs.countDown();
            awaitUninterruptibly(release);
        };
        try (HubFixture bench = new HubFixture(options -> options.userExecutor(oneThread));
                LogLines lines = LogLines.of(UserCodeTask.class)) {
            CountDownLatch started = new CountDownLatch(1);
            FakeSink leaving = bench.live(sourceOf(kind, started, stubborn));
            await().until(() -> started.getCount() == 0);
            await().until(() -> kind != After.FORK || runs.getCount() == 0);
            leaving.close(CloseReason.CLIENT_LEFT);
            bench.run();
            await().until(() -> runs.getCount() == 0);
            FakeSink waiting = bench.live((Source) sink -> others.countDown()); // needs the only thread

            bench.advanceHub(PATIENCE);

            await().until(() -> others.getCount() == 0);
            assertThat(lines.all()).singleElement().asString().contains("still running 3 s after", leaving.id());
            release.countDown();
            waiting.close(CloseReason.CLIENT_LEFT);
            bench.run();
            await().until(() -> bench.hub.ledger().isZero());
            bench.advanceHub(PATIENCE);
            assertThat(lines.all()).hasSize(1);
        } finally {
            release.countDown();
            oneThread.shutdownNow();
        }
    }

    /** No user code ran before the close, so the client had no executor of its own yet. */
    @Test
    void aCloseListenerThatIsTheFirstUserCodeOfItsClientIsWatchedToo() {
        ExecutorService threads = Executors.newCachedThreadPool();
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch runs = new CountDownLatch(1);
        try (HubFixture bench = new HubFixture(options -> options.userExecutor(threads));
                LogLines lines = LogLines.of(UserCodeTask.class)) {
            FakeSink sink = bench.open(io.sluice.sse.topic.StartPosition.live(), "a");
            sink.scope().onClose(reason -> {
                runs.countDown();
                awaitUninterruptibly(release);
            });
            sink.close(CloseReason.CLIENT_LEFT);
            bench.run();
            await().until(() -> runs.getCount() == 0);
            bench.advanceHub(PATIENCE);
            assertThat(lines.all()).singleElement().asString().contains("still running 3 s after", sink.id());
            release.countDown();
            await().until(() -> bench.hub.ledger().isZero());
        } finally {
            release.countDown();
            threads.shutdownNow();
        }
    }

    @Test
    void codeWithoutASinkIsCountedInterruptedAndLoggedToo() {
        ExecutorService threads = Executors.newSingleThreadExecutor();
        CountDownLatch release = new CountDownLatch(1);
        try (HubFixture bench = new HubFixture(options -> options.userExecutor(threads));
                LogLines lines = LogLines.of(UserCodeTask.class)) {
            UserCodeTask task = TransportAccess.of(bench.hub).userCode("a client");
            CountDownLatch interrupted = new CountDownLatch(1);
            CompletableFuture<String> result = task.call(() -> {
                try {
                    TimeUnit.HOURS.sleep(1);
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
                awaitUninterruptibly(release);
                return "ended";
            });
            await().until(() -> bench.hub.ledger().count(Ledger.Kind.USER_CODE) == 1);
            task.abandon();
            await().until(() -> interrupted.getCount() == 0);
            UserCodeTask late = TransportAccess.of(bench.hub).userCode("another client");
            late.abandon();
            CompletableFuture<Void> neverCalled = late.call(() -> {
                throw new IllegalStateException("nobody waits for this");
            });
            bench.advanceHub(PATIENCE);
            assertThat(lines.all()).singleElement().asString().contains("[a client]", "still running 3 s after");
            await().until(neverCalled::isCancelled); // on another thread than the one that is held

            release.countDown();
            assertThat(result).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("ended");
            assertThat(bench.hub.ledger().isZero()).isTrue();
        } finally {
            release.countDown();
            threads.shutdownNow();
        }
    }

    private static Source sourceOf(After kind, CountDownLatch started, Runnable stubborn) {
        return new Source() {
            @Override
            public void start(Sink sink) {
                if (kind == After.CLOSE_LISTENER) {
                    sink.scope().onClose(reason -> stubborn.run());
                } else if (kind == After.FORK) {
                    sink.scope().fork(stubborn::run);
                }
                started.countDown();
            }

            @Override
            public void stop(Sink sink, CloseReason reason) {
                if (kind == After.STOP) {
                    stubborn.run();
                }
            }
        };
    }

    /** Waits like code that ignores interrupts. */
    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean released = false;
        while (!released) {
            try {
                released = latch.await(1, TimeUnit.HOURS);
            } catch (InterruptedException e) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void aFailureThatTheLogCannotPrintLeavesNothing() {
        class Unprintable extends RuntimeException {
            private static final long serialVersionUID = 1L;

            @Override
            public String getMessage() {
                throw new UnsupportedOperationException("thrown by the test");
            }
        }
        try (HubFixture bench = new HubFixture();
                LogLines lines = LogLines.of(io.sluice.sse.hub.Hub.class)) {
            FakeSink sink = bench.live((Source) ignored -> {
                throw new Unprintable();
            });
            bench.run();
            assertThat(sink.scope().closed().toCompletableFuture())
                    .succeedsWithin(Duration.ofSeconds(30))
                    .isEqualTo(CloseReason.SOURCE_FAILED);
            assertThat(lines.all()).singleElement().asString().contains("start of the source", "cannot be printed");
            await().until(() -> bench.hub.ledger().isZero());
        }
    }

    @Test
    void aStreamThatHasLostADirectSendDoesNotEndAsComplete() {
        try (HubFixture bench = new HubFixture(options -> options.directSendEvents(2))) {
            FakeSink sink = bench.sink();
            bench.open(sink, io.sluice.sse.topic.StartPosition.live(), (io.sluice.sse.topic.Selector) null);
            bench.run();
            bench.onLane(() -> sink.full(true));
            for (int i = 0; i < 4; i++) {
                sink.send(Event.of("token " + i));
            }
            assertThat(bench.hub.stats().rejectedSends()).isEqualTo(2);

            sink.complete();
            bench.run();

            assertThat(sink.scope().reason()).isEqualTo(CloseReason.SLOW_CONSUMER);
            assertThat(sink.events()).noneMatch(event -> event.type().equals(CloseReason.END_EVENT_NAME));
        }
    }

    @Test
    void aStreamThatHasLostADirectSendDoesNotEndWithItsTopic() {
        try (HubFixture bench = new HubFixture(options -> options.directSendEvents(1))) {
            FakeSink sink = bench.sink();
            bench.open(sink, io.sluice.sse.topic.StartPosition.live(), io.sluice.sse.topic.Selector.of("a"));
            bench.run();
            bench.onLane(() -> sink.full(true));
            sink.send(Event.of("first"));
            sink.send(Event.of("lost"));
            bench.onLane(() -> sink.full(false));
            bench.hub.end("a", Event.of("last"));
            bench.run();

            assertThat(sink.scope().reason()).isEqualTo(CloseReason.SLOW_CONSUMER);
        }
    }

    @Test
    void aBurstOfTokensFitsTheDefaultQueue() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.sink();
            bench.open(sink, io.sluice.sse.topic.StartPosition.live(), (io.sluice.sse.topic.Selector) null);
            bench.run();
            for (int i = 0; i < 2_000; i++) {
                sink.send(Event.of("token " + i));
            }
            sink.complete();
            bench.run();

            assertThat(sink.events()).hasSize(2_001); // with the end event
            assertThat(bench.hub.stats().rejectedSends()).isZero();
        }
    }

    @Test
    void aFailedPublishIsCountedAndLogged() {
        try (HubFixture bench = new HubFixture(options -> options.maxTopics(1));
                LogLines lines = LogLines.of(io.sluice.sse.hub.Hub.class)) {
            bench.publish("a", "1");
            assertThat(bench.hub.publish("b", Event.of("2")).toCompletableFuture())
                    .isCompletedExceptionally();
            assertThat(bench.hub.stats().failedPublishes()).isEqualTo(1);
            assertThat(lines.all()).singleElement().asString().contains("a publish failed");
        }
    }
}
