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

/** Compares Sluice with its peers: builds and runs all of them, and writes the page. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Builds Sluice's peers, runs the same workloads on each in turn, and writes docs/benchmarks.md.")
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
                    "Duration of throughput and latency measurements; others in proportion. Default: ${DEFAULT-VALUE}")
    double seconds;

    @Option(names = "--only", split = ",", paramLabel = "<name>", description = "Only these contenders.")
    List<String> only = new ArrayList<>();

    @Option(names = "--stages", split = ",", paramLabel = "<name>", description = "Only these stages.")
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
            description = "File to which the result lines are appended. Default: a new file in target/compare")
    @Nullable
    Path results;

    @Option(names = "--report", description = "Only writes the page from --results, without measuring.")
    boolean reportOnly;

    @Option(
            names = "--docs",
            paramLabel = "<folder>",
            description = "Folder of benchmarks.md and its plots. Default: docs of this repository")
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
        List<Stage> stages = stages();
        CPrograms programs = programs(stages);
        List<Contender> contenders = new ArrayList<>(Contenders.ofThisProject(programs, jvm));
        contenders.addAll(Peers.build(jvm, this::wanted, programs.protocols()));
        contenders.removeIf(contender -> !wanted(contender.name()));
        if (contenders.isEmpty() || stages.isEmpty()) {
            throw new IllegalArgumentException(
                    "--only, --stages: nothing selected (expected: at least one contender and one stage)");
        }
        new Course(programs, where.cores(), file).run(stages, contenders, rounds);
    }

    private List<Stage> stages() {
        List<Stage> stages = new ArrayList<>(quick ? Stages.quick(rounds, seconds) : Stages.full(rounds, seconds));
        if (!quick) {
            stages.addAll(ProtocolStages.all(rounds, seconds));
        }
        stages.removeIf(stage -> !onlyStages.isEmpty() && !onlyStages.contains(stage.name()));
        return stages;
    }

    /** Builds the C programs. Stages for which a library is missing are removed. */
    private static CPrograms programs(List<Stage> stages) throws IOException, InterruptedException {
        CPrograms programs = CPrograms.build();
        if (stages.stream().noneMatch(Stage::needsProtocols)) {
            return programs;
        }
        try {
            return programs.with(ProtocolPrograms.build());
        } catch (IOException e) {
            System.err.println("LEFT OUT: the stages with TLS, HTTP/2 and gzip, which need openssl, libssl-dev,"
                    + " libnghttp2-dev and zlib1g-dev (names of Debian): " + e.getMessage());
            stages.removeIf(Stage::needsProtocols);
            return programs;
        }
    }

    private boolean wanted(String name) {
        return only.isEmpty() ? !quick || QUICK.contains(name) : only.contains(name);
    }

    private static Path newFile() throws IOException {
        Path folder = Files.createDirectories(Home.work().resolve("results"));
        return folder.resolve(System.currentTimeMillis() / 1000 + ".jsonl");
    }
}
