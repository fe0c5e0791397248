package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.Source;
import io.sluice.sse.test.RecordingSink;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The test in the guide; {@link GuideTest} compares them. */
class TestKitSnippet {

    // GUIDE begin
    private final Source countdown = sink -> {
        AtomicInteger left = new AtomicInteger(3);
        sink.scope().every(Duration.ofSeconds(1), () -> sink.send(Event.of("tick", "" + left.getAndDecrement())));
    };

    @Test
    void theCountdownTicksOnceASecond() {
        try (RecordingSink sink = RecordingSink.start(countdown)) {
            assertThat(sink.data()).isEmpty();
            sink.advance(Duration.ofSeconds(2)); // moves the clock of this client; nothing sleeps
            assertThat(sink.data()).containsExactly("3", "2");
        } // the client leaves; fails if a task, a listener or a buffer of the client is left
    }
    // GUIDE end
}
