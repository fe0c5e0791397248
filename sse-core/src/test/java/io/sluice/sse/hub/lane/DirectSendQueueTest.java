package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.SinkFullException;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The small queue of a sink: when it is writable, which listeners are notified, and what happens when it is full. */
class DirectSendQueueTest {

    private static final String KILOBYTE = "x".repeat(1000);
    private static final String GAP = "{\"reason\":\"dropped\",\"lastEventId\":null,\"resumeId\":null}";

    private static boolean isRejected(CompletionStage<Void> sent) {
        return sent.toCompletableFuture().isCompletedExceptionally();
    }

    private static List<String> dataAndGaps(FakeSink sink) {
        return sink.events().stream().map(ReceivedEvent::data).toList();
    }

    private static Event event(int number) {
        return Event.of(number + KILOBYTE);
    }

    // ---- frames and stages

    /** A burst of tokens is one frame and one call of the transport, and what waits for the client is bounded by it. */
    @Test
    void sendsThatWaitTogetherBecomeOneFrame() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.run();
            int writes = sink.writes;
            int flushes = sink.flushes;
            List<CompletionStage<Void>> sent =
                    IntStream.range(0, 20).mapToObj(i -> sink.send(event(i))).toList();
            bench.run();
            assertThat(sink.data())
                    .containsExactlyElementsOf(
                            IntStream.range(0, 20).mapToObj(i -> i + KILOBYTE).toList());
            assertThat(sink.writes - writes).isEqualTo(1);
            assertThat(sink.flushes - flushes).isEqualTo(1);
            assertThat(sent)
                    .allSatisfy(each -> assertThat(each.toCompletableFuture()).isCompleted());
        }
    }

    @Test
    void aSendFailsIfTheConnectionIsFoundGone() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.run();
            sink.onSendNow = () -> {
                sink.close(CloseReason.RESET);
                return false;
            };
            CompletionStage<Void> sent = sink.send(event(0));
            bench.run();
            assertThat(sent.toCompletableFuture())
                    .isCompletedExceptionally()
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .withCauseInstanceOf(ClosedException.class);
            assertThat(sink.data()).isEmpty();
        }
    }

    /** The stage belongs to the sink. A sender that completes what it got changes nothing for others. */
    @Test
    void onlyTheSinkCompletesTheStageOfASend() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            CompletionStage<Void> sent = sink.send(event(0));
            assertThat(sent.toCompletableFuture().complete(null)).isTrue();
            CompletionStage<Void> dependent = sent.thenRun(() -> {});
            assertThat(dependent.toCompletableFuture()).isNotDone();
            CompletableFuture<Void> cast = (CompletableFuture<Void>) sent;
            List<ThrowingCallable> completions = List.of(
                    () -> cast.complete(null),
                    () -> cast.completeExceptionally(new IllegalStateException()),
                    () -> cast.cancel(true),
                    () -> cast.obtrudeValue(null),
                    () -> cast.obtrudeException(new IllegalStateException()),
                    () -> cast.completeAsync(() -> null, Runnable::run),
                    () -> cast.orTimeout(1, TimeUnit.NANOSECONDS),
                    () -> cast.completeOnTimeout(null, 1, TimeUnit.NANOSECONDS));
            assertThat(completions)
                    .allSatisfy(completion ->
                            assertThatThrownBy(completion).isInstanceOf(UnsupportedOperationException.class));
            bench.run();
            assertThat(dependent.toCompletableFuture()).isCompleted();
        }
    }

    // ---- writability

    /**
     * A writable sink accepts exactly what the connection can take without the client: its room less what is queued.
     */
    @Test
    void sendsWhileWritableNeverWaitForTheClient() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.onLane(() -> sink.stall(10_000));
            List<CompletionStage<Void>> sent = new ArrayList<>();
            while (sink.isWritable()) {
                sent.add(sink.send(event(sent.size())));
            }
            assertThat(sent).hasSize(10);
            CompletionStage<Void> tooMuch = sink.send(event(10));
            bench.run();
            assertThat(sent)
                    .allSatisfy(each -> assertThat(each.toCompletableFuture()).isCompleted());
            assertThat(tooMuch.toCompletableFuture()).as("waits for the client").isNotDone();
            assertThat(sink.isWritable()).isFalse();
            bench.onLane(sink::read);
            bench.run();
            assertThat(tooMuch.toCompletableFuture()).isCompleted();
            assertThat(sink.isWritable()).isTrue();
            sink.close(CloseReason.CLOSED_BY_APPLICATION);
            assertThat(sink.isWritable()).isFalse();
        }
    }

    @Test
    void manySmallEventsAreBoundedByTheirNumber() {
        try (HubFixture bench = new HubFixture(options -> options.directSendEvents(5))) {
            FakeSink sink = bench.open(StartPosition.live());
            for (int i = 0; i < 5; i++) {
                assertThat(sink.isWritable()).isTrue();
                sink.send(Event.of("x"));
            }
            assertThat(sink.isWritable()).isFalse();
            bench.run();
            assertThat(sink.isWritable()).isTrue();
        }
    }

    /** The connection is always writable; the queue empties only when the lane runs. */
    @Test
    void theSenderThatFilledTheQueueIsNotifiedWhenTheLaneHasEmptiedIt() {
        try (HubFixture bench = new HubFixture(options -> options.directSendEvents(5))) {
            FakeSink sink = bench.open(StartPosition.live());
            int[] next = {0};
            sink.onWritable(() -> {
                while (next[0] < 100 && sink.isWritable()) {
                    sink.send(Event.of("" + next[0]++));
                }
            });
            bench.run();
            assertThat(sink.data())
                    .isEqualTo(IntStream.range(0, 100).mapToObj(i -> "" + i).toList());
        }
    }

    @Test
    void aLargeEventIsAcceptedIfTheSinkIsWritable() {
        try (HubFixture bench = new HubFixture(options -> options.directSendBytes(2000))) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.onLane(() -> sink.stall(100_000));
            sink.send(Event.of("small"));
            assertThat(sink.isWritable()).isTrue();
            assertThat(isRejected(sink.send(Event.of("x".repeat(50_000))))).isFalse();
            assertThat(sink.isWritable()).isFalse();
            assertThat(isRejected(sink.send(Event.of("x")))).isTrue();
        }
    }

    /** The recommended loop for every source: send while writable, then return. */
    @Test
    void aSourceThatSendsWhileWritableIsNotifiedToContinueAndLosesNothing() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.onLane(() -> sink.stall(10_000));
            int[] next = {0};
            int[] calls = {0};
            int[] depth = {0};
            sink.onWritable(() -> {
                assertThat(++depth[0]).as("nested calls").isEqualTo(1);
                calls[0]++;
                while (next[0] < 1000 && sink.isWritable()) {
                    assertThat(isRejected(sink.send(event(next[0]++)))).isFalse();
                }
                depth[0]--;
            });
            assertThat(calls[0]).as("never on the caller's thread").isZero();
            for (int i = 0; next[0] < 1000; i++) {
                assertThat(i).as("rounds").isLessThan(2000);
                bench.run();
                bench.onLane(() -> sink.readFrames(3));
            }
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.data())
                    .containsExactlyElementsOf(
                            IntStream.range(0, 1000).mapToObj(i -> i + KILOBYTE).toList());
            int before = calls[0];
            bench.onLane(() -> sink.full(true));
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(calls[0]).as("no sender has found it full").isEqualTo(before);
        }
    }

    @Test
    void aListenerRegisteredWhileTheQueueIsFullIsNotifiedLaterAndOncePerTurn() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.onLane(() -> sink.full(true));
            int[] calls = {0};
            sink.onWritable(() -> calls[0]++);
            bench.run();
            assertThat(calls[0]).isZero();
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(calls[0]).isEqualTo(1);
            bench.onLane(() -> sink.full(true));
            assertThat(sink.isWritable()).isFalse();
            // Notified twice before the user executor runs the listener: one call is enough.
            bench.onLane(() -> sink.full(false));
            bench.onLane(() -> sink.full(true));
            assertThat(sink.isWritable()).isFalse();
            bench.onLane(() -> sink.full(false));
            bench.run();
            assertThat(calls[0]).isEqualTo(2);
        }
    }

    @Test
    void listenersAreDroppedWithTheSinkAndNotNotifiedAfterItsEnd() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            bench.onLane(() -> sink.full(true));
            int[] calls = {0};
            Registration taken = sink.onWritable(() -> calls[0]++);
            sink.onWritable(() -> calls[0]++);
            assertThat(bench.hub.ledger().count(Ledger.Kind.LISTENERS)).isEqualTo(2);
            taken.cancel();
            taken.cancel();
            assertThat(bench.hub.ledger().count(Ledger.Kind.LISTENERS)).isEqualTo(1);
            bench.onLane(() -> sink.full(false)); // posts the call of the second
            sink.close(CloseReason.RESET);
            bench.run();
            assertThat(calls[0]).isZero();
            assertThat(bench.hub.ledger().isZero()).isTrue();
            sink.onWritable(() -> calls[0]++).cancel();
            bench.run();
            assertThat(calls[0]).isZero();
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void aListenerMaySendPublishCloseAndThrow() {
        try (HubFixture bench = new HubFixture();
                LogLines lines = LogLines.of(Hub.class)) {
            FakeSink other = bench.live("a");
            FakeSink sink = bench.live("a");
            FakeSink throwing = bench.live("a");
            throwing.onWritable(() -> {
                throw new StackOverflowError("thrown by the test");
            });
            int[] calls = {0};
            throwing.onWritable(() -> calls[0]++);
            sink.onWritable(() -> {
                sink.send(Event.of("inside"));
                bench.hub.publish("a", Event.of("published inside"));
                sink.onWritable(() -> sink.close(CloseReason.CLOSED_BY_APPLICATION));
            });
            bench.run();
            assertThat(calls[0]).isEqualTo(1);
            assertThat(sink.endReason()).isEqualTo(CloseReason.CLOSED_BY_APPLICATION);
            bench.publish("a", "after");
            bench.run();
            assertThat(other.data()).containsExactly("published inside", "after");
            assertThat(throwing.data()).containsExactly("published inside", "after");
            assertThat(lines.all()).containsExactly("[" + throwing.id() + "] the writable listener failed");
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(1);
        }
    }

    // ---- the full queue

    private static void withAFullSink(DirectSendPolicy policy, Consumer<FakeSink> sender, Consumer<FakeSink> check) {
        try (HubFixture bench =
                new HubFixture(options -> options.directSendEvents(3).directSendPolicy(policy))) {
            FakeSink other = bench.live("a");
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.full(true));
            sender.accept(sink);
            bench.run();
            bench.onLane(() -> sink.full(false));
            bench.publish("a", "hub");
            bench.run();
            check.accept(sink);
            assertThat(other.data()).containsExactly("hub");
        }
    }

    @Test
    void thePolicyRefuseRejectsTheNewEvent() {
        withAFullSink(
                DirectSendPolicy.REFUSE,
                sink -> {
                    for (int i = 0; i < 3; i++) {
                        assertThat(isRejected(sink.send(Event.of("" + i)))).isFalse();
                    }
                    assertThatThrownBy(() -> sink.send(Event.of("3"))
                                    .toCompletableFuture()
                                    .join())
                            .hasCauseInstanceOf(SinkFullException.class)
                            .hasMessageContaining("3 events of")
                            .hasMessageContaining("at most 3 events");
                },
                sink -> assertThat(dataAndGaps(sink)).containsExactly("0", "1", "2", GAP, "hub"));
    }

    @Test
    void thePolicyDropOldestDropsTheOldestEvent() {
        List<CompletionStage<Void>> sent = new ArrayList<>();
        withAFullSink(
                DirectSendPolicy.DROP_OLDEST,
                sink -> {
                    for (int i = 0; i < 5; i++) {
                        sent.add(sink.send(Event.of("" + i)));
                    }
                },
                sink -> {
                    assertThat(dataAndGaps(sink)).containsExactly(GAP, "2", "3", "4", "hub");
                    assertThat(sent.stream().map(DirectSendQueueTest::isRejected))
                            .containsExactly(true, true, false, false, false);
                    assertThat(sent)
                            .allSatisfy(each ->
                                    assertThat(each.toCompletableFuture()).isDone());
                });
    }

    @Test
    void thePolicyCloseClosesTheSink() {
        withAFullSink(
                DirectSendPolicy.CLOSE,
                sink -> {
                    for (int i = 0; i < 3; i++) {
                        sink.send(Event.of("" + i));
                    }
                    assertThat(isRejected(sink.send(Event.of("3")))).isTrue();
                },
                sink -> assertThat(sink.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER));
    }

    /** The stream goes on after the loss, and may never end. */
    @Test
    void aLossIsAGapAtItsPlace() {
        try (HubFixture bench = new HubFixture(options -> options.directSendEvents(2))) {
            FakeSink sink = bench.live("a");
            for (int round = 0; round < 2; round++) {
                bench.onLane(() -> sink.full(true));
                for (int i = 0; i < 5; i++) {
                    sink.send(Event.of(round + "." + i));
                }
                bench.onLane(() -> sink.full(false));
                bench.run();
            }
            sink.send(Event.of("later"));
            bench.run();
            assertThat(dataAndGaps(sink)).containsExactly("0.0", "0.1", GAP, "1.0", "1.1", GAP, "later");
            assertThat(sink.text().lines().filter(line -> line.startsWith("id:")))
                    .as("the position does not change")
                    .hasSize(1);
            assertThat(bench.hub.stats().gaps()).isEqualTo(2);
            assertThat(bench.hub.stats().rejectedSends()).isEqualTo(6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLossEndsABareStream(DirectSendPolicy policy) {
        try (HubFixture bench =
                new HubFixture(options -> options.directSendEvents(1).directSendPolicy(policy))) {
            FakeSink sink = bench.sink();
            sink.options = SinkOptions.DEFAULT.bare(null);
            bench.open(sink, StartPosition.live(), (Selector) null);
            bench.run();
            bench.onLane(() -> sink.full(true));
            sink.send(Event.of("0"));
            assertThat(sink.isOpen()).isTrue();
            sink.send(Event.of("lost"));
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
        }
    }

    /** The lane may take what waits between the loss and the end of the stream. */
    @ParameterizedTest
    @EnumSource
    void nothingFollowsALossInABareStream(DirectSendPolicy policy) {
        try (HubFixture bench =
                new HubFixture(options -> options.directSendEvents(2).directSendPolicy(policy))) {
            FakeSink sink = bench.sink();
            sink.options = SinkOptions.DEFAULT.bare(null);
            bench.open(sink, StartPosition.live(), (Selector) null);
            bench.run();
            sink.send(Event.of("0"));
            sink.send(Event.of("1"));
            assertThat(isRejected(sink.send(Event.of("lost")))).isTrue();
            assertThat(isRejected(sink.send(Event.of("later")))).isTrue();
            assertThat(sink.offer(Event.of("later"))).isFalse();
            DirectSends waiting = new DirectSends();
            assertThat(((LaneSink) sink).directSends().moveTo(waiting, Long.MAX_VALUE))
                    .isTrue();
            assertThat(waiting.size()).as("no event was dropped").isEqualTo(2);
            for (DirectSend send = waiting.first(); send != null; send = send.next) {
                assertThat(send.isGap()).isFalse();
            }
            waiting.succeed();
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.SLOW_CONSUMER);
        }
    }

    // ---- offers

    @Test
    void anOfferIsAcceptedOnlyWhileTheSinkIsWritable() {
        for (DirectSendPolicy policy : DirectSendPolicy.values()) {
            try (HubFixture bench =
                    new HubFixture(options -> options.directSendEvents(5).directSendPolicy(policy))) {
                FakeSink sink = bench.open(StartPosition.live());
                int[] next = {0};
                sink.onWritable(() -> {
                    while (next[0] < 100 && sink.offer(Event.of("" + next[0]))) {
                        next[0]++;
                    }
                });
                bench.onLane(() -> sink.full(true));
                assertThat(sink.offer(Event.of("x"))).isFalse();
                bench.onLane(() -> sink.full(false));
                bench.run();
                assertThat(sink.data())
                        .isEqualTo(IntStream.range(0, 100).mapToObj(i -> "" + i).toList());
                assertThat(sink.isOpen()).isTrue();
                sink.close(CloseReason.RESET);
                assertThat(sink.offer(Event.of("x"))).isFalse();
            }
        }
    }

    @Test
    void anOfferIsAsStrictAboutIdsAsASend() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            Event withId = Event.builder().id("1").data("x").build();
            assertThatThrownBy(() -> sink.offer(withId)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** One sender offers, the other sends without checking: accepted offers stay in the queue. */
    @Test
    void offeredEventsOfOneSenderAreNotDroppedForSendsOfAnother() {
        try (HubFixture bench =
                new HubFixture(options -> options.directSendEvents(3).directSendPolicy(DirectSendPolicy.DROP_OLDEST))) {
            FakeSink sink = bench.open(StartPosition.live());
            List<CompletionStage<Void>> sent = new ArrayList<>();
            assertThat(sink.offer(Event.of("offered 0"))).isTrue();
            sent.add(sink.send(Event.of("sent 0")));
            assertThat(sink.offer(Event.of("offered 1"))).isTrue();
            assertThat(sink.offer(Event.of("offered 2"))).isFalse();
            sent.add(sink.send(Event.of("sent 1")));
            sent.add(sink.send(Event.of("sent 2")));
            bench.run();
            assertThat(dataAndGaps(sink)).containsExactly("offered 0", GAP, "offered 1", GAP, "sent 2");
            assertThat(sent.stream().map(DirectSendQueueTest::isRejected)).containsExactly(true, true, false);
            for (int i = 3; i < 6; i++) {
                assertThat(sink.offer(Event.of("offered " + i))).isTrue();
            }
            assertThat(isRejected(sink.send(Event.of("sent 3")))).isTrue();
            bench.run();
            assertThat(dataAndGaps(sink))
                    .endsWith("offered 3", "offered 4", "offered 5", GAP)
                    .doesNotContain("sent 3");
        }
    }

    // ---- writable listeners elsewhere

    @Test
    void aListenerOnItsOwnExecutorNeedsNoUserExecutor() {
        try (HubFixture bench =
                new HubFixture(options -> options.userExecutor(task -> {}))) { // accepts all tasks and runs none
            FakeSink sink = bench.open(StartPosition.live());
            bench.onLane(() -> sink.full(true));
            int[] calls = {0};
            Registration registration = sink.onWritable(Runnable::run, () -> calls[0]++);
            assertThat(calls[0]).isZero();
            bench.onLane(() -> sink.full(false));
            assertThat(calls[0]).isEqualTo(1);
            registration.cancel();
            bench.onLane(() -> sink.full(true));
            assertThat(sink.isWritable()).isFalse();
            bench.onLane(() -> sink.full(false));
            assertThat(calls[0]).isEqualTo(1);
        }
    }

    // ---- the source fails

    @Test
    void aSourceThatFailsEndsItsSinkAndIsReportedOnce() {
        try (HubFixture bench = new HubFixture();
                LogLines lines = LogLines.of(Hub.class)) {
            FakeSink sink = bench.open(StartPosition.live());
            sink.fail(new IllegalStateException("thrown by the test"));
            sink.fail(new IllegalStateException("too late"));
            bench.run();
            assertThat(sink.endReason()).isEqualTo(CloseReason.SOURCE_FAILED);
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(1);
            assertThat(lines.all()).containsExactly("[" + sink.id() + "] the source failed");
        }
    }

    // ---- the end of the stream

    /** A source may send and close in one go, before the lane had a turn. */
    @ParameterizedTest
    @EnumSource(
            value = CloseReason.class,
            names = {"CLOSED_BY_APPLICATION", "SOURCE_FAILED", "LIFETIME_ENDED", "SERVER_DRAINING"})
    void whatWasSentBeforeAnOrderlyEndArrives(CloseReason reason) {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.open(StartPosition.live());
            List<CompletionStage<Void>> sent = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                sent.add(sink.send(Event.of("n" + i)));
            }
            sink.close(reason);
            bench.run();
            assertThat(sink.data()).containsExactly("n0", "n1", "n2");
            assertThat(sent)
                    .allSatisfy(each -> assertThat(each.toCompletableFuture()).isCompleted());
        }
    }
}
