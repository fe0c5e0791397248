package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.RecordingSink;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What {@code --demo} publishes, step by step. */
class DemoSourcesTest {

    private static final int STEPS = 3 * (DemoSources.ANSWER.size() + DemoSources.PAUSE_STEPS);

    @Test
    void aJobReportsItsProgressAndThenItsResult() {
        try (Hub hub = Hub.create();
                DemoSources demo = new DemoSources(hub, () -> true);
                RecordingSink sink = RecordingSink.subscribe(hub, DemoSources.JOB)) {
            step(demo, sink);
            List<ReceivedEvent> events = withData(sink);
            assertThat(events.subList(0, DemoSources.JOB_STEPS))
                    .extracting(ReceivedEvent::type)
                    .containsOnly("progress");
            assertThat(events.get(3).data()).isEqualTo("{\"done\":3,\"of\":20}");
            assertThat(events.get(DemoSources.JOB_STEPS).type()).isEqualTo("result");
            assertThat(events.get(DemoSources.JOB_STEPS + 1).data())
                    .as("the next job")
                    .isEqualTo("{\"done\":0,\"of\":20}");
        }
    }

    @Test
    void anAnswerArrivesAsTokens() {
        try (Hub hub = Hub.create();
                DemoSources demo = new DemoSources(hub, () -> true);
                RecordingSink sink = RecordingSink.subscribe(hub, DemoSources.TOKENS)) {
            step(demo, sink);
            List<ReceivedEvent> events = withData(sink);
            int last = DemoSources.ANSWER.size();
            assertThat(events.get(0).type()).isEqualTo("question");
            assertThat(events.subList(1, last + 1))
                    .extracting(token -> Json.read(token.data()).textValue())
                    .isEqualTo(DemoSources.ANSWER);
            assertThat(events.get(last + 1).type()).isEqualTo("answered");
            assertThat(events.get(last + 2).type()).as("the next answer").isEqualTo("question");
        }
    }

    @Test
    void nothingIsPublishedWithoutASubscriberOrInADrain() {
        AtomicBoolean ready = new AtomicBoolean(true);
        try (Hub hub = Hub.create();
                DemoSources demo = new DemoSources(hub, ready::get)) {
            demo.step();
            assertThat(hub.stats().events()).isZero();
            try (RecordingSink sink = RecordingSink.subscribe(hub, DemoSources.JOB, DemoSources.TOKENS)) {
                ready.set(false);
                demo.step();
                assertThat(hub.stats().events()).isZero();
                ready.set(true);
                demo.step();
                sink.run();
                assertThat(hub.stats().events()).isEqualTo(2);
            }
        }
    }

    private static void step(DemoSources demo, RecordingSink sink) {
        for (int i = 0; i < STEPS; i++) {
            demo.step();
            sink.run();
        }
    }

    private static List<ReceivedEvent> withData(RecordingSink sink) {
        return sink.events().stream().filter(event -> !event.data().isEmpty()).toList();
    }
}
