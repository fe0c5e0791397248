package io.sluice.sse.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SluiceMetricsTest {

    private final Hub hub = Hub.create();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void theNamesAreTheDocumentedOnes() {
        SluiceMetrics.of(hub).bindTo(registry);
        assertThat(registry.getMeters())
                .extracting(meter -> meter.getId().getName())
                .containsOnly(
                        "sluice.connections",
                        "sluice.sinks",
                        "sluice.subscriptions",
                        "sluice.tasks",
                        "sluice.listeners",
                        "sluice.buffers",
                        "sluice.lag.max",
                        "sluice.topics",
                        "sluice.history.events",
                        "sluice.history.bytes",
                        "sluice.events.published",
                        "sluice.events.delivered",
                        "sluice.frames",
                        "sluice.gaps",
                        "sluice.sinks.opened",
                        "sluice.sinks.closed",
                        "sluice.refused",
                        "sluice.user.code.failures",
                        "sluice.lanes.blocked",
                        "sluice.user.code.running",
                        "sluice.sends.refused",
                        "sluice.publishes.failed");
        assertThat(registry.getMeters())
                .allSatisfy(meter -> assertThat(meter.getId().getDescription()).isNotBlank());
    }

    @Test
    void onlyClosesAndRejectionsHaveTagsForReasonAndLimit() {
        SluiceMetrics.of(hub).bindTo(registry);
        assertThat(registry.find("sluice.sinks.closed").functionCounters())
                .extracting(counter -> counter.getId().getTag("reason"))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(CloseReason.values())
                        .map(CloseReason::tag)
                        .toList());
        hub.rejections().add(RejectionCounts.Kind.STREAMS_PER_ADDRESS);
        assertThat(registry.find("sluice.refused").functionCounters())
                .hasSize(RejectionCounts.Kind.values().length)
                .filteredOn(counter -> counter.count() == 1)
                .singleElement()
                .satisfies(
                        counter -> assertThat(counter.getId().getTag("limit")).isEqualTo("streams-per-address"));
        assertThat(registry.getMeters())
                .filteredOn(meter -> !Set.of("sluice.sinks.closed", "sluice.refused")
                        .contains(meter.getId().getName()))
                .extracting(Meter::getId)
                .allSatisfy(id -> assertThat(id.getTags()).isEmpty());
    }

    @Test
    void theValuesAreThoseOfTheHub() {
        SluiceMetrics.of(hub, Tags.of("hub", "one")).bindTo(registry);
        hub.publish("a", Event.of("x"));
        hub.publish("b", Event.of("x"));
        hub.ledger().add(Ledger.Kind.TASKS, 3);

        assertThat(registry.get("sluice.events.published")
                        .tag("hub", "one")
                        .functionCounter()
                        .count())
                .isEqualTo(2);
        assertThat(registry.get("sluice.topics").gauge().value()).isEqualTo(2);
        assertThat(registry.get("sluice.history.events").gauge().value()).isEqualTo(2);
        assertThat(registry.get("sluice.history.bytes").gauge().value())
                .isEqualTo(hub.stats().bytes());
        assertThat(registry.get("sluice.tasks").gauge().value()).isEqualTo(3);
        assertThat(registry.get("sluice.lag.max").gauge().value()).isZero();
    }
}
