package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows where the bundled server spends its time: flame graphs, and the shares of the layers. */
@Command(
        name = "profile",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Profiles the bundled server under a workload of compare, with async-profiler.")
public final class ProfileCommand implements Callable<Integer> {

    /** Without these flags a sample is attributed to the next safepoint, which may be in another method. */
    private static final List<String> EXACT = List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+DebugNonSafepoints");

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Option(names = "--transport", split = ",", defaultValue = "epoll", description = "Default: ${DEFAULT-VALUE}")
    List<String> transports = new ArrayList<>();

    @Option(
            names = "--workload",
            split = ",",
            paramLabel = "<name>",
            defaultValue = "saturate-1000",
            description = "A workload name of compare. Default: ${DEFAULT-VALUE}")
    List<String> workloads = new ArrayList<>();

    @Option(
            names = "--seconds",
            defaultValue = "6",
            description = "As in compare; an unprofiled run of the same length comes first. Default: ${DEFAULT-VALUE}")
    double seconds;

    @Option(
            names = "--event",
            defaultValue = "",
            paramLabel = "<name>",
            description = "An event name of async-profiler. Default: cpu (perf events); ctimer and itimer if it fails")
    String event = "";

    @Option(names = "--interval", defaultValue = "1ms", description = "Default: ${DEFAULT-VALUE}")
    String interval = "";

    @Mixin
    CoreOptions where = new CoreOptions();

    @Option(
            names = "--jvm",
            split = " ",
            defaultValue = "-Xmx2g -XX:+UseG1GC",
            description = "Flags of the server's virtual machine. Default: ${DEFAULT-VALUE}")
    List<String> jvm = new ArrayList<>();

    @Option(names = "--page", paramLabel = "<file>", description = "Writes the tables into this page.")
    @Nullable
    Path page;

    @Override
    public Integer call() throws Exception {
        List<Workload> wanted = workloads();
        CPrograms programs = CPrograms.build();
        List<Profile> profiles = new ArrayList<>();
        List<String> facts = new ArrayList<>();
        for (String transport : transports) {
            for (Workload workload : wanted) {
                profiles.add(profile(programs, transport, workload, facts));
            }
        }
        String text = "Measured on " + LocalDate.now() + ", one sample per " + interval + " of processor time.\n\n- "
                + String.join("\n- ", facts) + "\n\n" + ProfileTable.of(profiles);
        System.out.println(text);
        if (page != null) {
            Section.write(page, "profile", text);
        }
        return 0;
    }

    private List<Workload> workloads() {
        List<Stage> stages = Stages.full(1, seconds);
        List<Workload> found = stages.stream()
                .flatMap(stage -> stage.workloads().stream())
                .filter(workload -> workloads.contains(workload.name()))
                .toList();
        if (found.size() < workloads.size()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--workload: " + String.join(", ", workloads) + " (expected: one or more of " + Stages.names(stages)
                            + ")");
        }
        return found;
    }

    private Profile profile(CPrograms programs, String transport, Workload workload, List<String> facts)
            throws IOException, InterruptedException {
        Cores cores = where.cores();
        List<String> flags = Stream.concat(jvm.stream(), EXACT.stream()).toList();
        String title = transport + ", " + workload.name();
        Contender contender = Contenders.sluice("profiled " + transport, Home.jar(), transport, flags);
        Path folder = Files.createDirectories(Home.work().resolve("profiles"));
        Path flameGraph = folder.resolve(transport + "-" + workload.name() + ".html");
        Generator generator = new Generator(programs, cores);
        try (ServerUnderLoad server = ServerUnderLoad.start(contender, cores.ofServer(List.of(workload)))) {
            // Once without the profiler, so that little is left to compile.
            generator.run(workload, contender, server, Marks.NONE);
            Profiler profiler = new Profiler(server.pid(), event, interval);
            profiler.start(); // a replay sets no mark
            ObjectNode measured = generator.run(workload, contender, server, profiler);
            Profile profile = Profile.of(title, profiler.end(flameGraph, "Sluice over " + title));
            facts.add(title + ": " + method(profiler, profile) + rate(measured));
            System.out.println("flame graph: " + flameGraph);
            return profile;
        }
    }

    private static String method(Profiler profiler, Profile profile) {
        return profile.seesKernel()
                ? "counted by perf events, with the kernel's stacks"
                : "counted by " + profiler.event()
                        + ", without kernel stacks: a sample in libc's wrapper of a system call counts as kernel";
    }

    private static String rate(ObjectNode measured) {
        return Figure.EVENTS_PER_SECOND.of(new Run(measured)).stream()
                .mapToObj(rate -> String.format(Locale.ROOT, "; %,.0f events/s meanwhile", rate))
                .findAny()
                .orElse("");
    }
}
