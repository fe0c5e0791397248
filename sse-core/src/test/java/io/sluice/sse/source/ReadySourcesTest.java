package io.sluice.sse.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Event;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The ready-made sources keep the client's pace, and end when it leaves. */
class ReadySourcesTest {

    private static final String PADDING = "x".repeat(200);

    private static FakeStream stream() {
        return new FakeStream(Hub.builder().directSendEvents(4).directSendPolicy(DirectSendPolicy.DROP_OLDEST));
    }

    private static void awaitEmptyLedger(FakeStream stream) {
        await().untilAsserted(() -> assertThat(stream.hub.ledger().counts())
                .allSatisfy((kind, count) -> assertThat(count).as("%s", kind).isZero()));
        assertThat(stream.hub.stats().userCodeFailures()).isZero();
    }

    // ---- periodic

    @Test
    void periodicSendsAtOnceAndThenEachPeriodUntilTheClientLeaves() {
        AtomicInteger asked = new AtomicInteger();
        Source source =
                Sources.periodic(Duration.ofMillis(5), () -> Event.of(Integer.toString(asked.getAndIncrement())));
        try (FakeStream stream = stream()) {
            FakeStream.Client client = stream.open(source);
            await().until(() -> client.texts().size() > 5);
            assertThat(client.texts().subList(0, 5)).containsExactly("0", "1", "2", "3", "4");
            client.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream); // no task is scheduled any more
            int last = asked.get();
            FakeStream.Client other = stream.open(source);
            await().until(() -> other.texts().size() > 3);
            assertThat(other.texts().get(0))
                    .as("no call of the supplier in between")
                    .isEqualTo(Integer.toString(last));
            other.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream);
        }
    }

    @Test
    void periodicSkipsTicksWhileTheClientDoesNotRead() {
        AtomicInteger asked = new AtomicInteger();
        try (FakeStream stream = stream()) {
            FakeStream.Client client = stream.open(
                    Sources.periodic(Duration.ofMillis(1), () -> Event.of(asked.getAndIncrement() + PADDING)));
            client.read(false);
            await().until(() -> !client.isWritable());
            AtomicInteger ticks = new AtomicInteger();
            int before = asked.get();
            client.scope().every(Duration.ofMillis(1), ticks::incrementAndGet);
            await().until(() -> ticks.get() > 20);
            assertThat(asked.get()).as("calls while the client does not read").isLessThanOrEqualTo(before + 1);
            client.read(true);
            await().until(() -> client.texts().size() > asked.get() - 2 && asked.get() > before + 3);
            client.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream);
            for (int i = 0; i < client.texts().size(); i++) {
                assertThat(client.texts().get(i)).as("no event is lost").isEqualTo(i + PADDING);
            }
        }
    }

    /** The client stalls while the supplier is busy, so the sink does not accept the returned event. */
    @Test
    void periodicKeepsTheSuppliedEventWhenTheClientStalls() {
        AtomicInteger asked = new AtomicInteger();
        CompletableFuture<FakeStream.Client> opened = new CompletableFuture<>();
        String filling = "y".repeat(FakeStream.Client.HIGH_WATER);
        try (FakeStream stream = stream()) {
            FakeStream.Client client = stream.open(Sources.periodic(Duration.ofMillis(1), () -> {
                int number = asked.getAndIncrement();
                if (number == 3) {
                    FakeStream.Client stalls = opened.join();
                    stalls.read(false);
                    stalls.send(Event.of(filling));
                    await().until(() -> !stalls.isWritable());
                }
                return Event.of(Integer.toString(number));
            }));
            opened.complete(client);
            await().until(() -> asked.get() == 4 && !client.isWritable());
            AtomicInteger ticks = new AtomicInteger();
            client.scope().every(Duration.ofMillis(1), ticks::incrementAndGet);
            await().until(() -> ticks.get() > 3); // they wait for the supplier, like all user code of a sink
            client.read(true);
            await().until(() -> client.texts().size() > 5);
            client.close(CloseReason.CLIENT_LEFT);
            awaitEmptyLedger(stream);
            assertThat(client.texts().subList(0, 6)).containsExactly("0", "1", "2", filling, "3", "4");
        }
    }

    @Test
    void periodicWithASupplierThatThrowsEndsItsSink() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (FakeStream stream = stream()) {
            FakeStream.Client client = stream.open(Sources.periodic(Duration.ofMillis(1), () -> {
                if (asked.incrementAndGet() == 3) {
                    throw new IllegalStateException("thrown by the test");
                }
                return Event.of("x");
            }));
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
            assertThat(client.texts()).containsExactly("x", "x");
            assertThat(stream.hub.stats().userCodeFailures()).isEqualTo(1);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sources.periodic(Duration.ZERO, () -> Event.of("x")))
                .withMessage("period: PT0S (expected: more than zero)");
    }

    // ---- iterating and streaming

    @Test
    void iteratingSendsAtTheClientsPaceAndCompletes() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        List<Event> events =
                IntStream.range(0, 300).mapToObj(i -> Event.of(i + PADDING)).toList();
        Source source = Sources.iterating(
                () -> events.stream().peek(event -> taken.incrementAndGet()).iterator());
        try (FakeStream stream = stream()) {
            FakeStream.Client client = openStalled(stream, source);
            await().until(() -> !client.isWritable());
            assertThat(taken.get()).as("taken for a client that does not read").isLessThan(20);
            client.read(true);
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(client.texts().subList(0, 300))
                    .isEqualTo(events.stream().map(Event::data).toList());
            assertThat(client.texts().subList(300, client.texts().size())).containsExactly("end");
            awaitEmptyLedger(stream);
        }
    }

    /** Another sender takes the room for an event while the iterator creates it. */
    @Test
    void iteratingLosesNothingToASenderThatIgnoresWritability() throws Exception {
        List<String> numbers =
                IntStream.range(0, 200).mapToObj(Integer::toString).toList();
        String large = "careless" + "x".repeat(2 * FakeStream.Client.HIGH_WATER);
        try (FakeStream stream = stream()) {
            FakeStream.Client client = stream.open(sink -> Sources.iterating(() -> numbers.stream()
                            .peek(number -> sink.send(Event.of(large)))
                            .map(Event::of)
                            .iterator())
                    .start(sink));
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
            assertThat(client.texts().stream().filter(text -> Character.isDigit(text.charAt(0))))
                    .containsExactlyElementsOf(numbers);
            awaitEmptyLedger(stream);
        }
    }

    /** Opens a client that does not read from the first byte on. */
    private static FakeStream.Client openStalled(FakeStream stream, Source source) {
        CompletableFuture<FakeStream.Client> opened = new CompletableFuture<>();
        FakeStream.Client client = stream.open(sink -> {
            opened.join().read(false);
            source.start(sink);
        });
        opened.complete(client);
        return client;
    }

    private static final class Closing implements Iterator<Event>, AutoCloseable {
        final AtomicInteger closed = new AtomicInteger();
        final AtomicBoolean inside = new AtomicBoolean();

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public Event next() {
            if (closed.get() > 0 || !inside.compareAndSet(false, true)) {
                throw new AssertionError("asked after it was closed, or by two at once");
            }
            inside.set(false);
            return Event.of(PADDING);
        }

        @Override
        public void close() {
            if (inside.get()) {
                throw new AssertionError("closed while it was asked");
            }
            closed.incrementAndGet();
        }
    }

    @Test
    void anIteratorIsClosedOnceWhenItsClientLeavesWhetherItReadsOrNot() {
        for (boolean reading : new boolean[] {true, false}) {
            Closing iterator = new Closing();
            try (FakeStream stream = stream()) {
                FakeStream.Client client = stream.open(Sources.iterating(() -> iterator));
                client.read(reading);
                await().until(() -> reading ? client.texts().size() > 50 : !client.isWritable());
                client.close(CloseReason.RESET);
                await().until(() -> iterator.closed.get() == 1);
                awaitEmptyLedger(stream);
                assertThat(iterator.closed).hasValue(1);
            }
        }
    }

    @Test
    void aStreamIsClosedAtItsEndAndWhenItThrows() throws Exception {
        for (boolean throwing : new boolean[] {false, true}) {
            AtomicInteger closed = new AtomicInteger();
            try (FakeStream stream = stream()) {
                FakeStream.Client client = stream.open(Sources.streaming(() -> Stream.of("a", "b", "c")
                        .map(text -> Event.of(throwing && text.equals("c") ? null : text))
                        .onClose(closed::incrementAndGet)));
                assertThat(client.ended.get(60, TimeUnit.SECONDS))
                        .isEqualTo(throwing ? CloseReason.SOURCE_FAILED : CloseReason.SOURCE_COMPLETED);
                await().until(() -> closed.get() == 1);
                if (!throwing) { // a failing source discards events that still wait for the lane
                    assertThat(client.texts()).containsExactly("a", "b", "c", "end");
                }
                await().until(() -> stream.hub.ledger().isZero());
                assertThat(stream.hub.stats().userCodeFailures()).isEqualTo(throwing ? 1 : 0);
            }
        }
    }

    // ---- job

    @Test
    void aSlowClientGetsOnlyTheLatestProgressAndTheEnd() throws Exception {
        Job job = Job.create();
        try (FakeStream stream = stream()) {
            FakeStream.Client fast = stream.open(Sources.job(job));
            FakeStream.Client slow = stream.open(Sources.job(job));
            await().until(() -> job.listeners() == 2);
            slow.read(false);
            for (int i = 0; i < 1000; i++) {
                job.progress(Event.of("progress", i + PADDING));
            }
            job.progress(Event.of("latest"));
            await().until(() -> fast.texts().contains("latest"));
            slow.read(true);
            await().until(() -> slow.texts().contains("latest"));
            assertThat(slow.texts()).hasSizeLessThan(100);
            assertThat(job.end(Event.of("result"))).isTrue();
            assertThat(job.end(Event.of("another"))).isFalse();
            assertThat(job.progress(Event.of("late"))).isFalse();
            for (FakeStream.Client client : List.of(fast, slow)) {
                assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
                assertThat(client.texts()).endsWith("result", "end");
            }
            awaitEmptyLedger(stream);
            assertThat(job.listeners()).isZero();
            FakeStream.Client late = stream.open(Sources.job(job));
            late.ended.get(60, TimeUnit.SECONDS);
            assertThat(late.texts()).containsExactly("result", "end");
            awaitEmptyLedger(stream);
        }
    }

    @Test
    void aJobForgetsAClientThatLeavesAndContinues() {
        Job job = Job.create();
        try (FakeStream stream = stream()) {
            job.progress(Event.of("before"));
            FakeStream.Client client = stream.open(Sources.job(job));
            await().until(() -> client.texts().equals(List.of("before")));
            client.close(CloseReason.CLIENT_LEFT);
            await().until(() -> job.listeners() == 0);
            awaitEmptyLedger(stream);
            assertThat(job.progress(Event.of("after"))).isTrue();
            assertThat(job.hasEnded()).isFalse();
        }
    }

    @Test
    void aJobOfAStageEndsWithItsResultOrItsFailure() throws Exception {
        for (boolean fails : new boolean[] {false, true}) {
            CompletableFuture<Integer> work = new CompletableFuture<>();
            Job job = Job.of(
                    work.thenApply(value -> 2 * value),
                    value -> Event.of("result " + value),
                    failure -> Event.of("failed " + failure.getMessage()));
            try (FakeStream stream = stream()) {
                FakeStream.Client client = stream.open(Sources.job(job));
                job.progress(Event.of("half"));
                await().until(() -> client.texts().contains("half"));
                if (fails) {
                    work.completeExceptionally(new IllegalStateException("no disk"));
                } else {
                    work.complete(21);
                }
                assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_COMPLETED);
                assertThat(client.texts()).containsExactly("half", fails ? "failed no disk" : "result 42", "end");
                awaitEmptyLedger(stream);
            }
        }
    }

    @Test
    void aJobWhoseLastEventCannotBeCreatedFailsItsSinks() throws Exception {
        CompletableFuture<Integer> work = new CompletableFuture<>();
        Job job = Job.of(
                work,
                value -> {
                    throw new IllegalStateException("thrown by the test");
                },
                failure -> Event.of("failed"));
        try (FakeStream stream = stream()) {
            FakeStream.Client client = stream.open(Sources.job(job));
            work.complete(1);
            assertThat(client.ended.get(60, TimeUnit.SECONDS)).isEqualTo(CloseReason.SOURCE_FAILED);
            assertThat(stream.hub.stats().userCodeFailures()).isEqualTo(1);
            assertThat(job.hasEnded()).isTrue();
        }
    }
}
