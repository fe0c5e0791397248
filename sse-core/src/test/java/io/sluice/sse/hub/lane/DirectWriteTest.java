package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import org.junit.jupiter.api.Test;

/** A transport may write a frame directly. It then counts as written; otherwise the lane writes it. */
class DirectWriteTest {

    @Test
    void aFrameThatWasWrittenDirectlyIsNotWrittenAgain() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            int before = sink.writes;
            int flushes = sink.flushes;
            sink.onSendNow = () -> true;
            bench.publish("a", "x");
            bench.run();
            assertThat(sink.data()).containsExactly("x");
            assertThat(sink.writes - before).isEqualTo(1);
            assertThat(sink.flushes - flushes).isEqualTo(1);
            assertThat(bench.hub.stats().delivered()).isEqualTo(1);
        }
    }

    @Test
    void aSinkThatIsFoundGoneIsNotWrittenTo() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink = bench.live("a");
            int before = sink.writes;
            sink.onSendNow = () -> {
                sink.close(CloseReason.RESET);
                return false;
            };
            bench.publish("a", "x");
            bench.run();
            assertThat(sink.writes).isEqualTo(before);
            assertThat(sink.endReason()).isEqualTo(CloseReason.RESET);
            assertThat(bench.hub.stats().delivered()).isZero();
        }
    }
}
