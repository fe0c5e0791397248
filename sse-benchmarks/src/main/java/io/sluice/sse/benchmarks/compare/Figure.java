package io.sluice.sse.benchmarks.compare;

import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * A figure of a run, with its name and the direction in which it improves.
 *
 * @param title as in tables
 * @param more whether a larger value is better
 * @param source reads it from a run
 */
record Figure(String title, boolean more, Function<Run, OptionalDouble> source) {

    static final Figure EVENTS_PER_SECOND = more("events/s", "eventsPerSecond");
    static final Figure CPU_PER_MILLION = less("CPU s per million", "serverCpuPerMillion");
    static final Figure EVENTS_PER_CPU_SECOND = new Figure("events per CPU second", true, Figure::eventsPerCpuSecond);
    static final Figure WIRE_BYTES = less("bytes on the wire per event", "wireBytesPerEvent");
    static final Figure MISSING = less("events missing", "missing");
    static final Figure CONNECTIONS_LOST = less("connections closed by the server", "connectionsLost");
    static final Figure P50 = less("p50", "latency.p50");
    static final Figure P90 = less("p90", "latency.p90");
    static final Figure P99 = less("p99", "latency.p99");
    static final Figure P999 = less("p99.9", "latency.p999");
    static final Figure MAX = less("max", "latency.max");
    static final Figure LIVE_PER_CLIENT = less("live heap per client", "livePerClient");
    static final Figure LIVE_GROWTH = less("live heap growth", "liveGrowth");
    static final Figure RSS_PER_CLIENT = less("RSS per client", "rssPerClient");
    static final Figure RSS_PER_STALLED = less("RSS growth per stalled client", "rssPerStalled");
    static final Figure CPU_PER_CHURNED = less("CPU per churned client", "cpuMicrosPerClient");
    static final Figure CONNECT_MICROS = less("CPU per connection", "connectMicros");
    static final Figure DESCRIPTORS = less("descriptors not released", "fdsGrowth");
    static final Figure SILENT_LOSS = less("events lost silently", "stalledMissingSilently");
    static final Figure ALLOCATED = less("heap bytes per event", "allocatedPerEvent");
    static final Figure REPLAY = new Figure("replay", false, Run::replayMillis);
    static final Figure QUIET_P99 = less("p99 without the crowd", "quiet.p99");
    static final Figure P99_TO_QUIET = less("p99 with the crowd, relative", "p99ToQuiet");
    static final Figure P99_TO_BEFORE = less("p99 relative to that before the stall", "p99ToQuiet");
    static final Figure SERVER_CPU = less("server CPU", "serverCpuShare");
    static final Figure GENERATOR_CPU = less("generator CPU", "generatorCpuShare");

    private static OptionalDouble eventsPerCpuSecond(Run run) {
        OptionalDouble cpu = run.figure("serverCpuPerMillion");
        return cpu.isPresent() && cpu.getAsDouble() > 0
                ? OptionalDouble.of(1e6 / cpu.getAsDouble())
                : OptionalDouble.empty();
    }

    static Figure more(String title, String path) {
        return new Figure(title, true, run -> run.figure(path));
    }

    static Figure less(String title, String path) {
        return new Figure(title, false, run -> run.figure(path));
    }

    /** The figure of a run; empty if the run has failed. */
    OptionalDouble of(Run run) {
        return run.error().isEmpty() ? source.apply(run) : OptionalDouble.empty();
    }

    boolean isBetter(double a, double b) {
        return more ? a > b : a < b;
    }

    /** Whether a value is at least as good as a limit. */
    boolean reaches(double value, double bound) {
        return more ? value >= bound : value <= bound;
    }
}
