package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A flush may detect that the client has left, and close its sink. The caller of the flush then does nothing more for
 * this sink and logs nothing.
 */
class GoneInAFlushTest {

    private final LogLines lines = LogLines.of(HubLane.class);
    private final List<String> notifications = new ArrayList<>();

    private final Observer observer = new Observer() {
        @Override
        public void gapReported(Sink sink, Gap gap) {
            notifications.add("gap " + gap.reason().name());
        }

        @Override
        public void sinkClosed(Sink sink, CloseReason reason) {
            notifications.add("closed " + reason.name());
        }
    };

    @AfterEach
    void noWarningIsLogged() {
        lines.close();
        assertThat(lines.events())
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                .extracting(ILoggingEvent::getFormattedMessage)
                .isEmpty();
    }

    private HubFixture bench() {
        return new HubFixture(
                options -> options.observer(observer).historyEvents(4).overflow(OverflowPolicy.GAP));
    }

    private static FakeSink goneInItsNextFlush(FakeSink sink) {
        sink.onNextFlush = () -> sink.close(CloseReason.RESET);
        return sink;
    }

    private void assertGone(FakeSink sink) {
        assertThat(sink.endReason()).isEqualTo(CloseReason.RESET);
        assertThat(notifications).endsWith("closed RESET").containsOnlyOnce("closed RESET");
    }

    @Test
    void inItsFirstBlock() {
        try (HubFixture bench = bench()) {
            FakeSink sink = goneInItsNextFlush(bench.sink());
            bench.open(sink, StartPosition.live(), null, "a");
            bench.run();
            assertGone(sink);
        }
    }

    @Test
    void inAFirstBlockWithAGap() {
        try (HubFixture bench = bench()) {
            FakeSink sink = goneInItsNextFlush(bench.sink());
            bench.open(sink, StartPosition.after("nonsense"), null, "a");
            bench.run();
            assertGone(sink);
            assertThat(notifications).containsExactly("gap UNKNOWN", "closed RESET");
        }
    }

    @Test
    void whileItCatchesUp() {
        try (HubFixture bench = bench()) {
            bench.publishMany("a", 0, 3);
            FakeSink sink = bench.sink();
            FakeSink healthy = bench.sink();
            bench.open(sink, StartPosition.replay(3), null, "a");
            bench.open(healthy, StartPosition.replay(3), null, "a");
            goneInItsNextFlush(sink);
            bench.run();
            assertGone(sink);
            assertThat(healthy.data()).containsExactly("0", "1", "2");
        }
    }

    @Test
    void inItsDirectSends() {
        try (HubFixture bench = bench()) {
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.live(), null, "a");
            bench.onLane(() -> sink.send(Event.of("direct")));
            goneInItsNextFlush(sink);
            bench.run();
            assertGone(sink);
        }
    }

    @Test
    void inAPass() {
        try (HubFixture bench = bench()) {
            FakeSink sink = bench.live("a");
            FakeSink healthy = bench.live("a");
            goneInItsNextFlush(sink);
            bench.publish("a", "1");
            bench.publish("a", "2");
            bench.run();
            assertGone(sink);
            assertThat(healthy.data()).containsExactly("1", "2");
        }
    }

    @Test
    void whenItsGapIsSent() {
        try (HubFixture bench = bench()) {
            FakeSink sink = bench.live("a");
            bench.onLane(() -> sink.stall(1));
            bench.publishMany("a", 0, 2);
            bench.run();
            bench.publishMany("a", 2, 10);
            bench.run();
            goneInItsNextFlush(sink);
            bench.onLane(sink::read);
            bench.run();
            assertGone(sink);
            assertThat(notifications).containsExactly("gap EVICTED", "closed RESET");
        }
    }

    @Test
    void inItsHeartbeat() {
        LaneOptions beats = HubFixture.QUIET.withHeartbeat(Duration.ofSeconds(1));
        try (HubFixture bench = new HubFixture(options -> options.observer(observer), 1, beats)) {
            FakeSink sink = bench.live("a");
            FakeSink healthy = bench.live("a");
            goneInItsNextFlush(sink);
            bench.advance(TimeUnit.SECONDS.toNanos(2));
            assertGone(sink);
            assertThat(healthy.comments()).isNotEmpty();
        }
    }

    @Test
    void whenItSubscribes() {
        try (HubFixture bench = bench()) {
            FakeSink sink = bench.live();
            goneInItsNextFlush(sink);
            CompletableFuture<CompletionStage<Subscription>> asked = new CompletableFuture<>();
            bench.onLane(() -> asked.complete(sink.subscribe(Selector.of("a"))));
            bench.run();
            assertGone(sink);
            assertThatThrownBy(() -> asked.join().toCompletableFuture().join())
                    .hasCauseInstanceOf(ClosedException.class);
        }
    }

    /** A similar case: a writable listener called in the flush cancels the subscription of its sink. */
    @Test
    void whenItsSubscriptionIsCancelledInAFlush() {
        try (HubFixture bench = bench()) {
            bench.publishMany("a", 0, 3);
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.replay(3), null, "a");
            sink.onNextFlush = () -> sink.state().requireSelection().first().cancel();
            bench.run();
            assertThat(sink.isOpen()).isTrue();
            bench.publish("a", "not heard");
            bench.run();
            assertThat(sink.data()).containsExactly("0", "1", "2");
        }
    }
}
