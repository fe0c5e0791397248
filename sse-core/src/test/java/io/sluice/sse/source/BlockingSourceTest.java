package io.sluice.sse.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Event;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocking code fills a sink at the client's pace, on a thread that ends with the client. */
class BlockingSourceTest {

    private static final String PADDING = "x".repeat(200);

    /** How many direct sends may wait. */
    private static final int QUEUE = 4;

    /** Platform threads, and virtual threads if the JDK has them (the default of a hub). */
    private static Stream<Arguments> executors() {
        Executor platform = task -> {
            Thread thread = new Thread(task, "user");
            thread.setDaemon(true);
            thread.start();
        };
        return Stream.of(Arguments.of(Named.of("platform", platform)), Arguments.of(Named.of("default", null)));
    }

    private static FakeStream stream(Executor executor) {
        var options = Hub.builder().directSendEvents(QUEUE).directSendPolicy(DirectSendPolicy.DROP_OLDEST);
        return new FakeStream(executor == null ? options : options.userExecutor(executor));
    }

    private static void awaitEmptyLedger(FakeStream stream) {
        await().untilAsserted(() -> assertThat(stream.hub.ledger().counts())
                .allSatisfy((kind, count) -> assertThat(count).as("%s", kind).isZero()));
    }

    @ParameterizedTest
    @MethodSource("executors")
    void aSourceSendsAtTheClientsPaceDropsNothingAndCompletes(Executor executor) throws Exception {
        try (FakeStream stream = stream(executor)) {
            CountDownLatch mayStart = new CountDownLatch(1);
            CopyOnWriteArrayList<Integer> accepted = new CopyOnWriteArrayList<>();
            FakeStream.Client client = stream.open(Sources.blocking(sink -> {
                mayStart.await();
                for (int i = 0; i < 500; i++) {
                    sink.send(Event.of(i + PADDING));
                    accepted.add(i);
                }
            }));
            client.read(false);
            mayStart.countDown();
            // The code blocks when the thousand bytes and the queue of four are full.
            await().until(() -> !client.isWritable() && accepted.size() >= 5);
            for (int i = 0; i < 10; i++) {
                assertThat(accepted).hasSizeLessThan(12);
                Thread.onSpinWait();
            }
            client.read(true);
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(client.texts().subList(0, 500))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 500).mapToObj(i -> i + PADDING).toList());
            assertThat(client.texts().subList(500, client.texts().size())).containsExactly("end");
            awaitEmptyLedger(stream);
            assertThat(stream.hub.stats().userCodeFailures()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("executors")
    void codeThatWaitsForTheClientEndsWhenItLeaves(Executor executor) throws Exception {
        try (FakeStream stream = stream(executor)) {
            CompletableFuture<Throwable> left = new CompletableFuture<>();
            CompletableFuture<Thread> thread = new CompletableFuture<>();
            CountDownLatch mayStart = new CountDownLatch(1);
            FakeStream.Client client = stream.open(Sources.blocking(sink -> {
                thread.complete(Thread.currentThread());
                mayStart.await();
                try {
                    for (; ; ) {
                        sink.send(Event.of(PADDING));
                    }
                } catch (ClosedException e) {
                    left.complete(e);
                    throw e;
                }
            }));
            client.read(false);
            mayStart.countDown();
            await().until(() -> !client.isWritable());
            client.close(CloseReason.CLIENT_LEFT);
            assertThat(left.get(60, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            ClosedException.class,
                            closed -> assertThat(closed.reason()).isEqualTo(CloseReason.CLIENT_LEFT));
            awaitEmptyLedger(stream);
            if (executor != null) {
                await().until(() -> !thread.join().isAlive());
            }
            assertThat(stream.hub.stats().userCodeFailures()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("executors")
    void codeThatBlocksElsewhereIsInterrupted(Executor executor) throws Exception {
        try (FakeStream stream = stream(executor)) {
            SynchronousQueue<Event> nothing = new SynchronousQueue<>();
            CompletableFuture<Thread> thread = new CompletableFuture<>();
            CompletableFuture<Thread> listener = new CompletableFuture<>();
            FakeStream.Client client = stream.open(Sources.blocking(sink -> {
                thread.complete(Thread.currentThread());
                sink.send(nothing.take());
            }));
            thread.get(60, TimeUnit.SECONDS);
            // Other user code of this client runs while the source blocks.
            client.onWritable(() -> listener.complete(Thread.currentThread()));
            assertThat(listener.get(60, TimeUnit.SECONDS)).isNotSameAs(thread.join());
            client.close(CloseReason.RESET);
            awaitEmptyLedger(stream);
            if (executor != null) {
                await().until(() -> !thread.join().isAlive());
            }
            assertThat(stream.hub.stats().userCodeFailures()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("executors")
    void codeThatThrowsEndsItsOwnSinkOnly(Executor executor) throws Exception {
        try (FakeStream stream = stream(executor)) {
            FakeStream.Client other = stream.open(sink -> {});
            FakeStream.Client client = stream.open(Sources.blocking(sink -> {
                sink.send(Event.of("before"));
                throw new StackOverflowError("thrown by the test");
            }));
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
            await().until(() -> stream.hub.stats().userCodeFailures() == 1);
            other.send(Event.of("unharmed")).toCompletableFuture().get(60, TimeUnit.SECONDS);
            // received after the flush
            await().untilAsserted(() -> assertThat(other.texts()).containsExactly("unharmed"));
            other.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream);
        }
    }

    /** Two threads send through the source; a third ignores writability and loses only its own events. */
    @ParameterizedTest
    @MethodSource("executors")
    void sendersThatWaitLoseNothingToOtherSenders(Executor executor) throws Exception {
        try (FakeStream stream = stream(executor)) {
            CompletableFuture<BlockingSink> given = new CompletableFuture<>();
            CountDownLatch sent = new CountDownLatch(2);
            Semaphore progress = new Semaphore(0);
            FakeStream.Client client = stream.open(Sources.blocking(sink -> {
                given.complete(sink);
                sent.await();
            }));
            for (String name : List.of("a", "b")) {
                Thread sender = new Thread(() -> {
                    try {
                        for (int i = 0; i < 500; i++) {
                            given.join().send(Event.of(name + i));
                            progress.release();
                        }
                        sent.countDown();
                        progress.release();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                sender.setDaemon(true);
                sender.start();
            }
            // The third sender waits for the progress of the others after each burst. Without that it would fill the
            // queue of the lane faster than the lane empties it, and the others would hardly get a turn.
            while (sent.getCount() > 0) {
                sendCarelessly(client);
                assertThat(progress.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
                progress.drainPermits();
            }
            sendCarelessly(client);
            // The careless sender lost an event, so the stream does not end as complete, and events still queued are
            // lost.
            CloseReason reason = client.ended.get(60, TimeUnit.SECONDS);
            boolean complete = reason == CloseReason.SOURCE_COMPLETED;
            assertThat(reason).isIn(CloseReason.SOURCE_COMPLETED, CloseReason.SLOW_CONSUMER);
            for (String name : List.of("a", "b")) {
                List<String> got = client.texts().stream()
                        .filter(text -> text.startsWith(name))
                        .toList();
                assertThat(got)
                        .hasSizeGreaterThan(complete ? 499 : 0)
                        .containsExactlyElementsOf(IntStream.range(0, got.size())
                                .mapToObj(i -> name + i)
                                .toList());
            }
            awaitEmptyLedger(stream);
        }
    }

    /** Sends more events than may wait, and lets the client stall for a moment. */
    private static void sendCarelessly(FakeStream.Client client) {
        for (int i = 0; i < 2 * QUEUE; i++) {
            client.send(Event.of("careless"));
        }
        client.read(false);
        client.read(true);
    }

    /** Each thread of the pool waits for a client, so none is left to run a writable listener. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void sourcesThatHoldEveryThreadAreWokenWhenTheirClientsRead(int threads) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try (FakeStream stream = stream(pool)) {
            CountDownLatch mayStart = new CountDownLatch(1);
            Source source = Sources.blocking(sink -> {
                mayStart.await();
                for (int i = 0; i < 100; i++) {
                    sink.send(Event.of(i + PADDING));
                }
            });
            List<FakeStream.Client> clients =
                    Stream.generate(() -> stream.open(source)).limit(threads).toList();
            clients.forEach(client -> client.read(false));
            mayStart.countDown();
            for (int round = 0; round < 3; round++) {
                // All clients stall briefly, several times.
                await().until(() -> clients.stream().noneMatch(FakeStream.Client::isWritable));
                clients.forEach(client -> client.read(true));
                clients.forEach(client -> client.read(false));
            }
            clients.forEach(client -> client.read(true));
            for (FakeStream.Client client : clients) {
                assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
                assertThat(client.texts().subList(0, 100))
                        .isEqualTo(IntStream.range(0, 100)
                                .mapToObj(i -> i + PADDING)
                                .toList());
            }
            awaitEmptyLedger(stream);
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * Threads created by the source: the scope does not interrupt them, and the pool has no thread left to notify them.
     */
    @Test
    void helperThreadsOfASourceAreWokenByTheEndWithoutTheUserExecutor() throws Exception {
        for (boolean byTheSource : new boolean[] {false, true}) {
            ExecutorService pool = Executors.newFixedThreadPool(1);
            CountDownLatch released = new CountDownLatch(1);
            try (FakeStream stream = stream(pool)) {
                CompletableFuture<BlockingSink> given = new CompletableFuture<>();
                CountDownLatch mayReturn = new CountDownLatch(1);
                FakeStream.Client client = stream.open(Sources.blocking(sink -> {
                    given.complete(sink);
                    mayReturn.await();
                }));
                client.read(false);
                CompletableFuture<Throwable> left = new CompletableFuture<>();
                Thread other = new Thread(() -> {
                    try {
                        for (; ; ) {
                            given.join().send(Event.of(PADDING));
                        }
                    } catch (Throwable t) {
                        left.complete(t);
                    }
                });
                other.setDaemon(true);
                other.start();
                await().until(() -> !client.isWritable() && other.getState() == Thread.State.WAITING);
                pool.execute(() -> awaitUninterruptibly(released)); // queued after the source: needs the only thread
                if (byTheSource) {
                    mayReturn.countDown();
                } else {
                    client.close(CloseReason.CLIENT_LEFT);
                }
                assertThat(left.get(60, TimeUnit.SECONDS)).isInstanceOf(ClosedException.class);
                released.countDown();
                awaitEmptyLedger(stream);
            } finally {
                released.countDown();
                pool.shutdownNow();
            }
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A pool thread that was interrupted for one client is not interrupted during its next task. */
    @Test
    void anInterruptionDoesNotAffectTheNextTask() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(1);
        AtomicInteger interrupted = new AtomicInteger();
        AtomicInteger leftOver = new AtomicInteger();
        // Checked directly after each task, because a JDK pool clears the interruption itself before the next one.
        Executor asking = task -> pool.execute(() -> {
            task.run();
            if (Thread.interrupted()) {
                leftOver.incrementAndGet();
            }
        });
        try (FakeStream stream = stream(asking)) {
            for (int i = 0; i < 10; i++) {
                FakeStream.Client client = stream.open(Sources.blocking(sink -> {
                    sink.sink().close(CloseReason.CLOSED_BY_APPLICATION);
                    while (!Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                    }
                    interrupted.incrementAndGet();
                }));
                client.ended.get(60, TimeUnit.SECONDS);
            }
            awaitEmptyLedger(stream);
            assertThat(interrupted).hasValue(10);
            assertThat(leftOver).hasValue(0);
        } finally {
            pool.shutdownNow();
        }
    }
}
