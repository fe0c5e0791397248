package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.benchmarks.compare.Section;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/** Runs the benchmarks of this package, and measures what they allocate. */
@Command(
        name = "jmh",
        sortOptions = false,
        description = "Benchmarks of single steps. Takes a regular expression and the options of JMH (-h lists them).")
public final class JmhCommand implements Callable<Integer> {

    @Option(names = "--page", paramLabel = "<file>", description = "Writes the table into this page.")
    @Nullable
    Path page;

    @Option(
            names = "--growth",
            description = "Only publishing, as clients, topics and lanes grow: three minutes; a table and a plot.")
    boolean growth;

    @Unmatched
    List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        CommandLineOptions options = new CommandLineOptions(arguments.toArray(String[]::new));
        if (options.shouldHelp()) {
            options.showHelp();
            return 0;
        }
        if (growth) {
            return grow(options);
        }
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .parent(options)
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
        if (page != null) {
            Section.write(page, "steps", StepTable.of(results));
        }
        return results.isEmpty() ? 1 : 0;
    }

    private int grow(Options options) throws Exception {
        List<GrowthPoint> points = Growth.measure(options);
        String table = GrowthTable.of(points);
        System.out.println(table);
        if (page != null) {
            GrowthPlot.write(page.resolveSibling("benchmarks"), points);
            Section.write(
                    page,
                    "growth",
                    "Measured on " + LocalDate.now() + ", " + System.getProperty("java.vm.name") + " "
                            + System.getProperty("java.runtime.version") + ".\n\n" + table
                            + "\n![The cost of a publish](benchmarks/publish.png)");
        }
        return points.isEmpty() ? 1 : 0;
    }
}
