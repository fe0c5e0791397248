package io.sluice.sse.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubStats;
import java.util.Objects;
import java.util.function.ToLongFunction;

/**
 * Binds the ledger and the counters of a hub to a Micrometer registry. All meters read values that the hub counts
 * anyway, so they cost nothing until they are read. No meter has a tag whose values a client or a publisher could add
 * to.
 *
 * <p>Gauges that are zero when no client is left: {@code sluice.connections}, {@code sluice.sinks}, {@code
 * sluice.subscriptions}, {@code sluice.tasks}, {@code sluice.listeners}, {@code sluice.buffers}, {@code
 * sluice.lag.max}. Gauges of retained data: {@code sluice.topics}, {@code sluice.history.events}, {@code
 * sluice.history.bytes}. Counters: {@code sluice.events.published}, {@code sluice.events.delivered}, {@code
 * sluice.frames}, {@code sluice.gaps}, {@code sluice.sinks.opened}, {@code sluice.sinks.closed} by {@code reason} (see
 * {@link CloseReason#tag}), {@code sluice.refused} by {@code limit} (see {@link RejectionCounts.Kind#tag}), {@code
 * sluice.user.code.failures}, {@code sluice.lanes.blocked}, {@code
 * sluice.sends.refused}, {@code sluice.publishes.failed}.
 *
 * <p>With a backplane: {@code sluice.backplane.up} and {@code sluice.backplane.lag}, and {@code
 * sluice.backplane.appended}, {@code .received}, {@code .gaps}, {@code .reconnects} and {@code .skipped}.
 *
 * <p>The registry references the hub weakly. Immutable.
 */
public final class SluiceMetrics implements MeterBinder {

    private final Hub hub;
    private final Tags tags;

    private SluiceMetrics(Hub hub, Tags tags) {
        this.hub = hub;
        this.tags = tags;
    }

    /** The meters of a hub. */
    public static SluiceMetrics of(Hub hub) {
        return of(hub, Tags.empty());
    }

    /** The meters of a hub with additional tags, which distinguish several hubs in one process. */
    public static SluiceMetrics of(Hub hub, Iterable<Tag> tags) {
        return new SluiceMetrics(Objects.requireNonNull(hub, "hub"), Tags.of(tags));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        bindLedger(registry);
        bindRetained(registry);
        bindTraffic(registry);
        bindFaults(registry);
        bindByReason(registry);
        if (hub.backplane().isPresent()) {
            bindBackplane(registry);
        }
    }

    private void bindBackplane(MeterRegistry registry) {
        Gauge.builder("sluice.backplane.up", hub, h -> backplane(h, status -> status.unavailable() == null ? 1 : 0))
                .description("1 while the backplane takes and brings events, otherwise 0")
                .tags(tags)
                .register(registry);
        Gauge.builder("sluice.backplane.lag", hub, h -> backplane(h, Backplane.Status::lag))
                .description("Changes in the backplane that this node has not read")
                .tags(tags)
                .register(registry);
        ofBackplane(registry, "appended", Backplane.Status::appended, "Changes of this node that have their place");
        ofBackplane(registry, "received", Backplane.Status::received, "Changes of all nodes that were read");
        ofBackplane(registry, "gaps", Backplane.Status::gaps, "Times that the backplane may have lost events");
        ofBackplane(registry, "reconnects", Backplane.Status::reconnects, "Connections made again");
        ofBackplane(
                registry, "skipped", Backplane.Status::skipped, "Entries that were not understood, or refused here");
    }

    private void ofBackplane(
            MeterRegistry registry, String name, ToLongFunction<Backplane.Status> figure, String description) {
        FunctionCounter.builder("sluice.backplane." + name, hub, h -> backplane(h, figure))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static double backplane(Hub hub, ToLongFunction<Backplane.Status> figure) {
        return hub.backplane().map(figure::applyAsLong).orElse(0L);
    }

    /** What is zero when no client is left. */
    private void bindLedger(MeterRegistry registry) {
        ledgerGauge(
                registry, "sluice.connections", Ledger.Kind.CONNECTIONS, "Open connections, with or without a stream");
        ledgerGauge(registry, "sluice.sinks", Ledger.Kind.SINKS, "Open sinks");
        ledgerGauge(registry, "sluice.subscriptions", Ledger.Kind.SUBSCRIPTIONS, "Subscriptions of sinks to topics");
        ledgerGauge(registry, "sluice.tasks", Ledger.Kind.TASKS, "Scheduled and forked tasks that clients own");
        ledgerGauge(registry, "sluice.listeners", Ledger.Kind.LISTENERS, "Registered close and writable listeners");
        ledgerGauge(
                registry,
                "sluice.buffers",
                Ledger.Kind.BUFFERS,
                "Frames that at least one connection has not yet sent");
        ledgerGauge(
                registry,
                "sluice.user.code.running",
                Ledger.Kind.USER_CODE,
                "Tasks of user code that run now, also for clients that have gone");
        Gauge.builder("sluice.lag.max", hub, Hub::maxLag)
                .description("Positions between the head of the hub and its slowest sink")
                .tags(tags)
                .register(registry);
    }

    private void bindRetained(MeterRegistry registry) {
        retained("sluice.topics", HubStats::topics, "Topics of the hub").register(registry);
        retained("sluice.history.events", HubStats::events, "Retained events").register(registry);
        retained("sluice.history.bytes", HubStats::bytes, "Memory of the retained events")
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
    }

    private void bindTraffic(MeterRegistry registry) {
        counter(registry, "sluice.events.published", HubStats::published, "Events published");
        counter(registry, "sluice.events.delivered", HubStats::delivered, "Events written to sinks");
        counter(registry, "sluice.frames", HubStats::framed, "Frames built, one for each range of events");
        counter(registry, "sluice.gaps", HubStats::gaps, "Gaps reported to clients");
        counter(registry, "sluice.sinks.opened", HubStats::opened, "Sinks opened");
    }

    private void bindFaults(MeterRegistry registry) {
        counter(
                registry,
                "sluice.user.code.failures",
                HubStats::userCodeFailures,
                "Failures of sources, tasks, listeners and observers");
        counter(
                registry,
                "sluice.sends.refused",
                HubStats::rejectedSends,
                "Direct sends that were rejected or dropped, because the queue of their sink was full");
        counter(
                registry,
                "sluice.publishes.failed",
                HubStats::failedPublishes,
                "Publications that the hub did not accept");
        counter(registry, "sluice.lanes.blocked", HubStats::lanesBlocked, "Number of times that a lane was blocked");
    }

    private void bindByReason(MeterRegistry registry) {
        for (RejectionCounts.Kind kind : RejectionCounts.Kind.values()) {
            FunctionCounter.builder("sluice.refused", hub, h -> h.rejections().count(kind))
                    .description("Connections and requests rejected by a limit")
                    .tags(tags.and("limit", kind.tag()))
                    .register(registry);
        }
        for (CloseReason reason : CloseReason.values()) {
            FunctionCounter.builder(
                            "sluice.sinks.closed", hub, h -> h.stats().closed().getOrDefault(reason, 0L))
                    .description("Sinks closed")
                    .tags(tags.and("reason", reason.tag()))
                    .register(registry);
        }
    }

    private void ledgerGauge(MeterRegistry registry, String name, Ledger.Kind kind, String description) {
        Gauge.builder(name, hub, h -> h.ledger().count(kind))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private Gauge.Builder<Hub> retained(String name, ToLongFunction<HubStats> figure, String description) {
        return Gauge.builder(name, hub, h -> figure.applyAsLong(h.stats()))
                .description(description)
                .tags(tags);
    }

    private void counter(MeterRegistry registry, String name, ToLongFunction<HubStats> figure, String description) {
        FunctionCounter.builder(name, hub, h -> figure.applyAsLong(h.stats()))
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
