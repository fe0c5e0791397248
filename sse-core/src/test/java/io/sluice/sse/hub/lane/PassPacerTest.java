package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The test controls the clock of the lane, and how much time each pass takes. */
class PassPacerTest {

    private static final long MILLI = 1_000_000;
    private static final long PASS = 8 * MILLI;

    private HubFixture bench = new HubFixture(options -> options.coalesce(Duration.ofMillis(20)));
    private final List<FakeSink> sinks = new ArrayList<>();
    private long passNanos = PASS;
    private int published;

    @AfterEach
    void close() {
        bench.close();
    }

    private void open(int count) {
        for (int i = 0; i < count; i++) {
            sinks.add(bench.live("a"));
        }
    }

    private void publish() {
        sinks.get(0).onNextWrite = () -> bench.lane().pause(Duration.ofNanos(passNanos));
        bench.publish("a", Integer.toString(published++));
        bench.run();
    }

    /** Opens clients and sends them an event, so that the duration of a pass is known. */
    private void openBusy(int count) {
        open(count);
        publish();
    }

    private void advance(long nanos) {
        bench.lane().advance(Duration.ofNanos(nanos));
    }

    private int received() {
        return sinks.get(sinks.size() - 1).events().size();
    }

    private int writes() {
        return sinks.get(sinks.size() - 1).writes;
    }

    @Test
    void anEventOfABusyLaneWaitsForTheNextAndBothShareOneWrite() {
        openBusy(BatchWait.MIN_SINKS);
        int before = writes();
        advance(2 * MILLI);
        publish(); // 10 ms after the start of the previous pass, which took 8 ms
        advance(9 * MILLI);
        assertThat(received()).isEqualTo(1);
        publish();
        assertThat(received()).isEqualTo(3);
        assertThat(writes()).isEqualTo(before + 1);
        assertThat(bench.lane().timers()).isEqualTo(1); // the ticks'
    }

    @Test
    void aWaitWithoutFurtherEventsLastsAtMostFourPasses() {
        openBusy(BatchWait.MIN_SINKS);
        advance(7 * MILLI);
        publish(); // 15 ms after the start of the previous pass
        advance(16 * MILLI);
        assertThat(received()).isEqualTo(1);
        advance(MILLI);
        assertThat(received()).isEqualTo(2);
    }

    @Test
    void theWaitIsBoundedByItsMaximum() {
        passNanos = 100 * MILLI;
        openBusy(BatchWait.MIN_SINKS);
        publish();
        advance(19 * MILLI);
        assertThat(received()).isEqualTo(1);
        advance(MILLI);
        assertThat(received()).isEqualTo(2);
    }

    @Test
    void anIdleLaneSendsAtOnce() {
        openBusy(BatchWait.MIN_SINKS);
        advance(3 * PASS);
        publish(); // four times the duration of the previous pass
        assertThat(received()).isEqualTo(2);
    }

    /** A single slow pass may be caused by the compiler using the core. */
    @Test
    void twoSlowPassesMakeALaneBusyButOneDoesNot() {
        openBusy(BatchWait.MIN_SINKS);
        passNanos = 3 * PASS;
        advance(4 * PASS);
        publish(); // is slow
        advance(PASS);
        publish(); // 4 earlier pass times after its start, and 4/3 of its own time
        assertThat(received()).isEqualTo(3);
        advance(PASS);
        publish();
        assertThat(received()).isEqualTo(3);
        advance(20 * MILLI);
        assertThat(received()).isEqualTo(4);
    }

    /**
     * A pass for one client takes almost no time, so the pacer must not take it as a measure of a pass for all clients.
     */
    @Test
    void aShortPassBetweenLongOnesDoesNotMakeThemShort() {
        openBusy(BatchWait.MIN_SINKS);
        FakeSink alone = bench.live("alone");
        alone.onNextWrite = () -> bench.lane().pause(Duration.ofNanos(MILLI / 10));
        advance(4 * PASS);
        bench.publish("alone", "for one");
        bench.run();
        publish(); // no rest after a short pass
        assertThat(received()).isEqualTo(2);
        publish(); // directly after a long pass
        assertThat(received()).isEqualTo(2);
        advance(3 * PASS);
        assertThat(received()).isEqualTo(3);
    }

    @Test
    void twoEventsPublishedDuringThePassAreSentAtOnce() {
        openBusy(BatchWait.MIN_SINKS);
        bench.publish("a", "1");
        bench.publish("a", "2");
        bench.run();
        assertThat(received()).isEqualTo(3);
    }

    @Test
    void aLaneWithFewClientsSendsAtOnce() {
        openBusy(BatchWait.MIN_SINKS - 1);
        publish();
        assertThat(received()).isEqualTo(2);
    }

    @Test
    void shortPassesFollowEachOtherAtOnce() {
        passNanos = PassPacer.MIN_PASS_NANOS - 1;
        openBusy(BatchWait.MIN_SINKS);
        publish();
        assertThat(received()).isEqualTo(2);
    }

    /** Otherwise a publisher that publishes again when it receives its own event would be slowed down to a quarter. */
    @Test
    void restsThatGatherNothingBecomeRare() {
        openBusy(BatchWait.MIN_SINKS);
        int rests = 0;
        for (int i = 0; i < 1_000; i++) {
            publish();
            if (received() < published) {
                rests++;
                advance(3 * PASS);
            }
            assertThat(received()).isEqualTo(published);
        }
        assertThat(rests).isBetween(1_000 / (PassPacer.MAX_SKIPPED + 1), 25);
    }

    @Test
    void aClientThatConnectsMeanwhileIsServed() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        FakeSink comes = bench.open(StartPosition.replay(2), "a");
        // the event that the lane has sent; the other one has not been sent to any client yet
        assertThat(comes.events()).hasSize(1);
        advance(3 * PASS);
        assertThat(comes.events()).hasSize(2);
        assertThat(received()).isEqualTo(2);
    }

    @Test
    void aDrainWaitsForNothing() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        assertThat(received()).isEqualTo(1);
        bench.onLane(() -> bench.hubLane().flushPublished());
        assertThat(received()).isEqualTo(2);
        assertThat(bench.lane().timers()).isEqualTo(1); // the ticks'
    }

    @Test
    void afterTheLastClientHasLeftNothingIsWaiting() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        assertThat(bench.lane().timers()).isEqualTo(2);
        bench.onLane(() -> sinks.forEach(sink -> sink.close(CloseReason.CLIENT_LEFT)));
        bench.run();
        assertThat(bench.lane().timers()).isZero();
        assertThat(bench.hubLane().position)
                .isEqualTo(HubTestAccess.log(bench.hub).head());
    }

    /** The sink is at the position of the next pass. Checking for it repeatedly would defeat the rest. */
    @Test
    void aSinkThatWaitsForThePassEndsTheRest() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        assertThat(received()).isEqualTo(1);
        FakeSink ahead = bench.live("a");
        assertThat(received()).isEqualTo(2);
        assertThat(ahead.events()).isEmpty();
    }

    /** The client is asked not to reconnect, so it would never request the events it missed. */
    @Test
    void eventsPublishedBeforeACompleteAreDeliveredBeforeIt() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        FakeSink ends = sinks.get(3);
        assertThat(ends.events()).hasSize(1);
        ends.complete();
        bench.run();
        assertThat(ends.events())
                .extracting(ReceivedEvent::data)
                .startsWith("0", "1")
                .hasSize(3);
        assertThat(ends.events().get(2).type()).isEqualTo(CloseReason.END_EVENT_NAME);
        assertThat(ends.events().get(2).lastEventId())
                .isEqualTo(CloseReason.END_ID_PREFIX + ends.events().get(1).lastEventId());
    }

    @Test
    void eventsPublishedBeforeTheHubClosesAreDelivered() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        bench.hub.close();
        bench.run();
        assertThat(sinks).allMatch(sink -> sink.events().size() == 2);
    }

    @Test
    void anEarlyTimerEndsTheRestToo() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        bench.lane().runTimersEarly();
        assertThat(received()).isEqualTo(2);
    }

    @Test
    void aLaneThatEndsMeanwhileLeavesNothing() {
        openBusy(BatchWait.MIN_SINKS);
        publish();
        bench.lane().terminate();
        sinks.forEach(sink -> sink.close(CloseReason.CLIENT_LEFT));
        assertThat(bench.hub.ledger().isZero()).as("%s", bench.hub.ledger()).isTrue();
    }

    @Test
    void theWaitCanBeDisabled() {
        bench.close();
        bench = new HubFixture(options -> options.coalesce(Duration.ZERO));
        openBusy(BatchWait.MIN_SINKS);
        publish();
        assertThat(received()).isEqualTo(2);
    }

    @Test
    void theMaximumWaitIsValidated() {
        for (Duration wrong :
                List.of(Duration.ofNanos(-1), Duration.ofSeconds(1).plusNanos(1))) {
            assertThatThrownBy(() -> Hub.builder().coalesce(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("coalesce: " + wrong + " (expected: from 0 to 1 second)");
        }
    }
}
