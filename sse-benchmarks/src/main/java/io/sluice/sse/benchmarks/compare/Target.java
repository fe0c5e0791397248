package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.compare.Contender.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A target for a figure: what is required, and what is aimed at.
 *
 * @param workload the workload
 * @param figure the figure
 * @param server the server; {@link #BEST} is the better of Sluice's transports
 * @param base the server to which the figure is a ratio; {@link #BEST} is the best peer; null for an absolute figure
 * @param must the required limit, or NaN
 * @param goal the desired limit, or NaN
 */
record Target(
        String workload,
        Figure figure,
        String server,
        @Nullable String base,
        double must,
        double goal) {

    static final String BEST = "best";

    /** The targets of the main figures. */
    static List<Target> all() {
        List<Target> all = new ArrayList<>();
        double no = Double.NaN;
        for (String many : List.of("saturate-1000", "saturate-10000")) {
            all.add(new Target(many, Figure.EVENTS_PER_SECOND, BEST, Contenders.FLOOR_BATCH, 0.7, no));
            all.add(new Target(many, Figure.EVENTS_PER_SECOND, BEST, BEST, 4, no));
            all.add(new Target(many, Figure.CPU_PER_MILLION, BEST, Contenders.FLOOR_BATCH, no, 1));
            all.add(new Target(many, Figure.EVENTS_PER_SECOND, Contenders.EPOLL, Contenders.FLOOR_BATCH, 0.4, 0.6));
        }
        String few = "saturate-100";
        all.add(new Target(few, Figure.EVENTS_PER_SECOND, BEST, Contenders.FLOOR_BATCH, 0.6, 0.9));
        all.add(new Target(few, Figure.EVENTS_PER_SECOND, BEST, BEST, 2.5, no));
        all.add(new Target("rate-100", Figure.CPU_PER_MILLION, BEST, Contenders.FLOOR, 1, 0.85));
        all.add(new Target("rate-100", Figure.P99, BEST, Contenders.NCHAN, 1, no));
        all.add(new Target("rate-100", Figure.P99, BEST, Contenders.FLOOR, no, 1));
        all.add(new Target("rate-20", Figure.P50, BEST, Contenders.FLOOR, 1.2, 1));
        all.add(new Target("rate-20", Figure.P99, BEST, Contenders.FLOOR, 1.2, 1));
        all.add(new Target("idle", Figure.LIVE_PER_CLIENT, BEST, null, 2048, no));
        all.add(new Target("idle", Figure.LIVE_PER_CLIENT, BEST, Contenders.BARE_NETTY, no, 1));
        all.add(new Target("idle", Figure.RSS_PER_CLIENT, BEST, null, 6144, no));
        all.add(new Target("churn", Figure.CPU_PER_CHURNED, BEST, Contenders.BARE_NETTY, 1.15, 0.9));
        all.add(new Target("churn", Figure.LIVE_GROWTH, BEST, null, 256 << 10, no));
        all.add(new Target("churn", Figure.DESCRIPTORS, BEST, null, 8, no));
        all.add(new Target("stalled", Figure.P99, BEST, Contenders.BARE_NETTY, 1.1, no));
        all.add(new Target("stalled", Figure.RSS_PER_STALLED, BEST, null, 128 << 10, 32 << 10));
        all.add(new Target("stalled", Figure.SILENT_LOSS, BEST, null, 0, no));
        for (String replay : List.of("replay-100", "replay-1000")) {
            all.add(new Target(replay, Figure.REPLAY, BEST, Contenders.NCHAN, 0.3, no));
            all.add(new Target(replay, Figure.REPLAY, BEST, Contenders.FLOOR_REPLAY, no, 1.5));
        }
        all.add(new Target("crowd", Figure.P99_TO_QUIET, BEST, null, 3, no));
        all.add(new Target("crowd", Figure.REPLAY, BEST, Contenders.NCHAN, 1, no));
        // No allocation per event and client. What remains is that of the publish, divided by ten thousand clients.
        all.add(new Target("saturate-10000", Figure.ALLOCATED, BEST, null, 2, no));
        return List.copyOf(all);
    }

    /** The targets of token streams, which have a section of their own. */
    static List<Target> ofTokens() {
        List<Target> all = new ArrayList<>();
        double no = Double.NaN;
        for (String tokens : List.of("tokens-topics", "tokens-sources")) {
            all.add(new Target(tokens, Figure.CPU_PER_MILLION, BEST, Contenders.BARE_NETTY, 1.2, 0.9));
            all.add(new Target(tokens, Figure.P99, BEST, Contenders.BARE_NETTY, 1.2, no));
            for (String peer : Peers.WITH_TOKENS) {
                all.add(new Target(tokens, Figure.CPU_PER_MILLION, BEST, peer, 1, no));
                all.add(new Target(tokens, Figure.P99, BEST, peer, 1, no));
            }
        }
        return List.copyOf(all);
    }

    /** The server whose figure it is in these results. */
    String subject(Results results) {
        return server.equals(BEST)
                ? results.best(results.servers(Kind.SLUICE), workload, figure).orElse("")
                : server;
    }

    /** The server with which it is compared in these results. */
    String baseOf(Results results) {
        if (base == null || !base.equals(BEST)) {
            return base == null ? "" : base;
        }
        return results.best(results.servers(Kind.PEER), workload, figure).orElse("");
    }

    /** The median over the rounds: a ratio, or the figure itself. */
    OptionalDouble reached(Results results) {
        return Medians.of(inEachRound(results));
    }

    /** The value of each round that has it. */
    List<Double> inEachRound(Results results) {
        return base == null
                ? results.figures(subject(results), workload, figure)
                : results.ratios(subject(results), baseOf(results), workload, figure);
    }

    /** The verdict on a value, for the table. */
    String verdict(double value) {
        if (!Double.isNaN(must) && !figure.reaches(value, must)) {
            return "**missed**";
        }
        if (Double.isNaN(goal)) {
            return "reached";
        }
        if (figure.reaches(value, goal)) {
            return "goal reached";
        }
        return Double.isNaN(must) ? "goal missed" : "reached, goal missed";
    }

    /** A limit, for the table. */
    String bound(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        String sign = figure.more() ? "≥ " : "≤ ";
        return sign + number(value) + (base == null ? "" : " ×");
    }

    static String number(double value) {
        return Math.abs(value) >= 100
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%.2f", value);
    }
}
