package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A crowd that comes back at once, each from a place of its own, costs the budget and a small frame each. */
class CatchUpBudgetTest {

    private static final LaneOptions TICKING = Bench.QUIET.withHeartbeat(Duration.ofSeconds(8));
    private static final int EVENTS = 200;
    private static final int EVENT_BYTES = 1000;
    private static final int CROWD = 100;
    private static final long BUDGET = 256 * 1024;

    /** Their places, each another. */
    private static List<FakeSink> comeBack(Bench bench, List<String> ids, boolean reading) {
        List<FakeSink> crowd = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            FakeSink sink = bench.sink();
            if (!reading) {
                bench.onLane(() -> sink.stall(64 * 1024));
            }
            bench.open(sink, Start.after(ids.get(i)), null, "a");
            crowd.add(sink);
        }
        bench.run();
        return crowd;
    }

    private static List<String> publish(Bench bench) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            ids.add(bench.publish("a", i + " " + "x".repeat(EVENT_BYTES)));
        }
        return ids;
    }

    @Test
    void whoDoesNotReadHoldsASmallFrameAndGetsTheRestWhenItReads() {
        try (Bench bench = new Bench(options -> options.catchUpBytes(BUDGET), 1, TICKING)) {
            List<String> ids = publish(bench);
            List<FakeSink> crowd = comeBack(bench, ids, false);
            FakeFramer framer = bench.framers.get(0);
            long bound = BUDGET + HubBuilder.FRAME_BYTES + CROWD * (long) HubBuilder.SMALL_FRAME_BYTES;
            assertThat(framer.heldBytes()).isGreaterThan(BUDGET).isLessThanOrEqualTo(bound);
            for (int i = 0; i < 10; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
                assertThat(framer.heldBytes()).isLessThanOrEqualTo(bound);
            }
            FakeSink healthy = bench.open(Start.after(ids.get(0)), "a");
            assertThat(healthy.data())
                    .as("who reads is not held up by those who do not")
                    .hasSize(EVENTS - 1);

            crowd.forEach(sink -> bench.onLane(sink::read));
            for (int i = 0; i < 10; i++) {
                bench.advance(TimeUnit.SECONDS.toNanos(1));
            }
            for (int i = 0; i < CROWD; i++) {
                assertThat(crowd.get(i).data().stream().map(data -> data.substring(0, data.indexOf(' '))))
                        .containsExactlyElementsOf(IntStream.range(i + 1, EVENTS)
                                .mapToObj(Integer::toString)
                                .toList());
                assertThat(crowd.get(i).behind).isFalse();
            }
        }
    }

    @Test
    void withoutNeedFramesAreFull() {
        try (Bench bench = new Bench(options -> options.catchUpBytes(BUDGET), 1, TICKING)) {
            List<String> ids = publish(bench);
            FakeFramer framer = bench.framers.get(0);
            framer.frameSizes.clear();
            comeBack(bench, ids, true);
            assertThat(framer.frameSizes.stream()
                            .filter(size -> size > HubBuilder.SMALL_FRAME_BYTES)
                            .count())
                    .isGreaterThan(CROWD / 2);
        }
    }

    @Test
    void whoWaitsAndLeavesIsForgotten() {
        try (Bench bench = new Bench(options -> options.catchUpBytes(0), 1, TICKING)) {
            List<String> ids = publish(bench);
            List<FakeSink> crowd = comeBack(bench, ids, false);
            crowd.forEach(sink -> sink.close(CloseReason.CLIENT_LEFT));
            bench.run();
        } // which checks that nothing is left
    }
}
