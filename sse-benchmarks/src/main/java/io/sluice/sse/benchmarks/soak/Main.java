package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.benchmarks.client.ClientCommand;
import io.sluice.sse.benchmarks.compare.CompareCommand;
import io.sluice.sse.benchmarks.compare.GuardCommand;
import io.sluice.sse.benchmarks.compare.ProfileCommand;
import io.sluice.sse.benchmarks.compare.ServeCommand;
import io.sluice.sse.benchmarks.compression.CompressionCommand;
import io.sluice.sse.benchmarks.jmh.JmhCommand;
import io.sluice.sse.examples.server.DurationText;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The benchmark programs, one subcommand each. Exit status: 0 if every figure is within its limit, 1 if one is not, 2
 * if an option is wrong.
 */
@Command(
        name = "sluice-benchmarks",
        description =
                "Puts the bundled server under load, in a process of its own, and prints figures with their bounds.",
        subcommands = {
            ChurnCommand.class,
            SoakCommand.class,
            StalledCommand.class,
            FloodCommand.class,
            HalfSentCommand.class,
            HalfOpenCommand.class,
            AttackCommand.class,
            AttackersCommand.class,
            DrainCommand.class,
            TopicsCommand.class,
            PatternsCommand.class,
            NodesCommand.class,
            CompareCommand.class,
            ServeCommand.class,
            GuardCommand.class,
            ProfileCommand.class,
            ClientCommand.class,
            CompressionCommand.class,
            JmhCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "<program>")
public final class Main {

    private Main() {}

    /** Runs one program. */
    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Main());
        line.registerConverter(java.time.Duration.class, DurationText::parse);
        int status = line.execute(arguments);
        System.out.flush();
        System.exit(status);
    }
}
