package io.sluice.sse.benchmarks.soak;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the server under load is started; shared by the programs. */
final class ServerOptions {

    @Option(names = "--transport", description = "The server's transport. Default: its own choice")
    @Nullable
    String transport;

    @Option(names = "--heap", defaultValue = "256m", description = "The server's heap. Default: ${DEFAULT-VALUE}")
    String heap = "256m";

    @Option(names = "--jvm-option", description = "An additional option of the server's JVM; repeatable")
    List<String> jvm = new ArrayList<>();

    @Option(
            names = "--server-option",
            description = "An additional option of the server, such as --server-option=--threads=1; repeatable")
    List<String> server = new ArrayList<>();

    /** The arguments of a program, followed by those of the command line. */
    List<String> with(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--port", "0"));
        all.addAll(List.of(arguments));
        if (transport != null) {
            all.addAll(List.of("--transport", transport));
        }
        all.addAll(server);
        return all;
    }
}
