package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Sluice beside its peers: builds all, runs all, writes the page. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Builds Sluice's peers, drives the same work through each in turn, and writes docs/benchmarks.md.")
public final class CompareCommand implements Callable<Integer> {

    private static final Set<String> QUICK = Set.of(
            Contenders.FLOOR,
            Contenders.FLOOR_BATCH,
            Contenders.EPOLL,
            Contenders.IO_URING,
            Contenders.BARE_NETTY,
            Contenders.NCHAN);

    @Option(
            names = "--quick",
            description = "About 20 minutes: the floors, Sluice, bare Netty and nchan, load and idle.")
    boolean quick;

    @Option(names = "--rounds", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}")
    int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "6",
            description =
                    "How long throughput and latency are measured; others in proportion. Default: ${DEFAULT-VALUE}")
    double seconds;

    @Option(names = "--only", split = ",", paramLabel = "<name>", description = "These contenders.")
    List<String> only = new ArrayList<>();

    @Option(names = "--stages", split = ",", paramLabel = "<name>", description = "These stages.")
    List<String> onlyStages = new ArrayList<>();

    @Mixin
    CoreOptions where = new CoreOptions();

    @Option(
            names = "--jvm",
            split = " ",
            defaultValue = "-Xmx2g -XX:+UseG1GC",
            description = "Flags of every virtual machine. Default: ${DEFAULT-VALUE}")
    List<String> jvm = new ArrayList<>();

    @Option(
            names = "--results",
            paramLabel = "<file>",
            description =
                    "Where the lines go; they are added to those that it has. Default: a new file in target/compare")
    @Nullable
    Path results;

    @Option(names = "--report", description = "Measures nothing: writes the page from --results.")
    boolean reportOnly;

    @Option(
            names = "--docs",
            paramLabel = "<folder>",
            description = "Where benchmarks.md and its plots go. Default: docs of this repository")
    @Nullable
    Path docs;

    @Override
    public Integer call() throws Exception {
        Path file = results != null ? results : newFile();
        if (!reportOnly) {
            measure(file);
        }
        Report.write(docs != null ? docs : Home.docs(), Results.read(file), jvm);
        System.out.println("results: " + file);
        return 0;
    }

    private void measure(Path file) throws IOException, InterruptedException {
        CPrograms programs = CPrograms.build();
        List<Contender> contenders = new ArrayList<>(Contenders.ofThisProject(programs, jvm));
        contenders.addAll(Peers.build(jvm, this::wanted));
        contenders.removeIf(contender -> !wanted(contender.name()));
        List<Stage> stages = new ArrayList<>(quick ? Stages.quick(rounds, seconds) : Stages.full(rounds, seconds));
        stages.removeIf(stage -> !onlyStages.isEmpty() && !onlyStages.contains(stage.name()));
        if (contenders.isEmpty() || stages.isEmpty()) {
            throw new IllegalArgumentException("--only and --stages have left nothing to do");
        }
        new Course(programs.generator(), where.cores(), file).run(stages, contenders, rounds);
    }

    private boolean wanted(String name) {
        return only.isEmpty() ? !quick || QUICK.contains(name) : only.contains(name);
    }

    private static Path newFile() throws IOException {
        Path folder = Files.createDirectories(Home.work().resolve("results"));
        return folder.resolve(System.currentTimeMillis() / 1000 + ".jsonl");
    }
}
