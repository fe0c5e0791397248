package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares this commit with bare Netty, or with an older server, in one run; passes or fails on ratios. */
@Command(
        name = "guard",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A short comparison with bare Netty, or with an older jar. Exit status 1 if a ratio is missed.")
public final class GuardCommand implements Callable<Integer> {

    private static final String NEW = "this";
    private static final String OLD = "baseline";

    @Option(
            names = "--baseline",
            paramLabel = "<jar>",
            description = "An older sluice-server.jar. Default: bare Netty, of this jar")
    @Nullable
    Path baseline;

    @Option(names = "--transport", defaultValue = "epoll", description = "Default: ${DEFAULT-VALUE}")
    String transport = "";

    @Option(names = "--rounds", defaultValue = "5", description = "Default: ${DEFAULT-VALUE}")
    int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "4",
            description = "Duration of each measurement. Default: ${DEFAULT-VALUE}")
    double seconds;

    @Mixin
    CoreOptions where = new CoreOptions();

    /** A limit for the ratio of this commit to the baseline. */
    record Bound(String workload, Figure figure, double ratio) {

        String verdict(OptionalDouble reached) {
            return String.format(
                    Locale.ROOT,
                    "%-15s %-22s %6s  (%s %.2f)  %s",
                    workload,
                    figure.title(),
                    reached.isPresent() ? String.format(Locale.ROOT, "%.2f", reached.getAsDouble()) : "none",
                    figure.more() ? ">=" : "<=",
                    ratio,
                    isKept(reached) ? "kept" : "MISSED");
        }

        /** A ratio that could not be measured counts as missed. */
        boolean isKept(OptionalDouble reached) {
            return reached.isPresent() && figure.reaches(reached.getAsDouble(), ratio);
        }
    }

    /**
     * Against bare Netty the limits are the required targets, less what a shared machine takes from both. Against an
     * older jar they allow for the difference between two runs of the same jar, which is up to a tenth for medians of
     * five.
     */
    static List<Bound> bounds(boolean againstOlder) {
        return againstOlder
                ? List.of(
                        new Bound("saturate-1000", Figure.EVENTS_PER_SECOND, 0.85),
                        new Bound("saturate-1000", Figure.CPU_PER_MILLION, 1.15),
                        new Bound("rate-100", Figure.CPU_PER_MILLION, 1.15),
                        new Bound("idle", Figure.LIVE_PER_CLIENT, 1.05))
                : List.of(
                        new Bound("saturate-1000", Figure.EVENTS_PER_SECOND, 3),
                        new Bound("saturate-1000", Figure.CPU_PER_MILLION, 0.33),
                        new Bound("rate-100", Figure.CPU_PER_MILLION, 1.15),
                        new Bound("idle", Figure.LIVE_PER_CLIENT, 1.6));
    }

    @Override
    public Integer call() throws Exception {
        Results results = Results.read(measure());
        int missed = 0;
        for (Bound bound : bounds(baseline != null)) {
            OptionalDouble reached = results.ratio(NEW, OLD, bound.workload(), bound.figure());
            System.out.println(bound.verdict(reached));
            missed += bound.isKept(reached) ? 0 : 1;
        }
        for (Run run : results.failed()) {
            System.out.println(run.server() + ", " + run.workload() + ": " + run.error());
        }
        boolean wrong = results.servers().stream()
                .flatMap(server -> bounds(baseline != null).stream()
                        .flatMap(bound -> results.of(server, bound.workload()).stream()))
                .anyMatch(run -> run.server().equals(NEW) && !run.isCorrect());
        if (wrong) {
            System.out.println("SEQUENCE BROKEN: at least one client did not receive every event once and in order");
        }
        return missed > 0 || wrong ? 1 : 0;
    }

    private Path measure() throws IOException, InterruptedException {
        CPrograms programs = CPrograms.build();
        List<String> jvm = List.of("-Xmx1g", "-XX:+UseG1GC");
        List<Contender> both = new ArrayList<>();
        both.add(Contenders.sluice(NEW, Home.jar(), transport, jvm));
        both.add(
                baseline == null
                        ? Contenders.bareNetty(jvm).called(OLD)
                        : Contenders.sluice(OLD, baseline.toAbsolutePath(), transport, jvm));
        Stage load =
                new Stage("load", rounds, List.of(Stages.saturate(1_000, seconds, 4), Stages.rate(100, seconds, 2)));
        Stage idle = new Stage("idle", 1, List.of(Stages.idle()));
        Path file = Files.createTempFile(Files.createDirectories(Home.work()), "guard-", ".jsonl");
        new Course(programs, where.cores(), file).run(List.of(load, idle), both, rounds);
        return file;
    }
}
