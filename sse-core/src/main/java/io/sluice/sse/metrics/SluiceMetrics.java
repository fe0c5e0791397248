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
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubStats;
import java.util.Objects;
import java.util.function.ToLongFunction;

/**
 * Binds a hub's ledger and figures to a Micrometer registry. All meters read what the hub counts anyway, so they cost
 * nothing until somebody looks; none has a tag whose values a client or a publisher could add to.
 *
 * <p>Gauges that read zero when the last client has gone: {@code sluice.connections}, {@code sluice.sinks},
 * {@code sluice.subscriptions}, {@code sluice.tasks}, {@code sluice.listeners}, {@code sluice.buffers},
 * {@code sluice.lag.max}. What is kept: {@code sluice.topics}, {@code sluice.history.events},
 * {@code sluice.history.bytes}. Counters: {@code sluice.events.published}, {@code sluice.events.delivered},
 * {@code sluice.frames}, {@code sluice.gaps}, {@code sluice.sinks.opened}, {@code sluice.sinks.closed} by
 * {@code reason} (see {@link CloseReason#tag}), {@code sluice.refused} by {@code limit} (see {@link RejectionCounts.Kind#tag}),
 * {@code sluice.user.code.failures}, {@code sluice.lanes.blocked}.
 *
 * <p>A registry holds the hub weakly. Immutable.
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

    /** The meters of a hub, each with these tags: a process with several hubs tells them apart by one. */
    public static SluiceMetrics of(Hub hub, Iterable<Tag> tags) {
        return new SluiceMetrics(Objects.requireNonNull(hub, "hub"), Tags.of(tags));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        owned(registry, "sluice.connections", Ledger.Kind.CONNECTIONS, "Connections that are open, streams or not");
        owned(registry, "sluice.sinks", Ledger.Kind.SINKS, "Sinks that are open");
        owned(registry, "sluice.subscriptions", Ledger.Kind.SUBSCRIPTIONS, "Subscriptions of sinks to topics");
        owned(registry, "sluice.tasks", Ledger.Kind.TASKS, "Scheduled and forked tasks that clients own");
        owned(registry, "sluice.listeners", Ledger.Kind.LISTENERS, "Close and writable listeners that are registered");
        owned(registry, "sluice.buffers", Ledger.Kind.BUFFERS, "Frames that some connection has yet to send");
        Gauge.builder("sluice.lag.max", hub, Hub::maxLag)
                .description("Positions between the hub's head and the sink that is furthest behind")
                .tags(tags)
                .register(registry);

        kept("sluice.topics", HubStats::topics, "Topics known").register(registry);
        kept("sluice.history.events", HubStats::events, "Events kept").register(registry);
        kept("sluice.history.bytes", HubStats::bytes, "What the kept events cost")
                .baseUnit(BaseUnits.BYTES)
                .register(registry);

        counted(registry, "sluice.events.published", HubStats::published, "Events published");
        counted(registry, "sluice.events.delivered", HubStats::delivered, "Events written to sinks");
        counted(registry, "sluice.frames", HubStats::framed, "Ranges of events framed");
        counted(registry, "sluice.gaps", HubStats::gaps, "Gaps said to clients");
        counted(registry, "sluice.sinks.opened", HubStats::opened, "Sinks opened");
        counted(
                registry,
                "sluice.user.code.failures",
                HubStats::userCodeFailures,
                "Failures of sources, tasks, listeners and observers");
        counted(registry, "sluice.lanes.blocked", HubStats::lanesBlocked, "Times that a lane stood still");
        for (RejectionCounts.Kind kind : RejectionCounts.Kind.values()) {
            FunctionCounter.builder("sluice.refused", hub, h -> h.rejections().count(kind))
                    .description("Connections and requests turned away by a limit")
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

    private void owned(MeterRegistry registry, String name, Ledger.Kind kind, String description) {
        Gauge.builder(name, hub, h -> h.ledger().count(kind))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private Gauge.Builder<Hub> kept(String name, ToLongFunction<HubStats> figure, String description) {
        return Gauge.builder(name, hub, h -> figure.applyAsLong(h.stats()))
                .description(description)
                .tags(tags);
    }

    private void counted(MeterRegistry registry, String name, ToLongFunction<HubStats> figure, String description) {
        FunctionCounter.builder(name, hub, h -> figure.applyAsLong(h.stats()))
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
