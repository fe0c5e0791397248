package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.benchmarks.compare.JvmFlags;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The attackers of one server, in a process of their own. On this machine they would take the processors from the
 * server and from the healthy clients, which attackers elsewhere cannot do. So the process has the lowest priority: the
 * attackers get what the server leaves, and work as fast as that allows. Closing ends the attack.
 */
final class Attackers implements AutoCloseable {

    private final Process process;

    private Attackers(Process process) {
        this.process = process;
    }

    static Attackers start(Attack attack, int port) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "nice",
                "-n",
                "19",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC"));
        command.addAll(JvmFlags.nativeAccess());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "attackers"));
        command.addAll(List.of("--attack", attack.name(), "--port", String.valueOf(port)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new Attackers(process);
    }

    /** Ends the attack. @return how much work the attackers have done */
    String end() throws IOException {
        process.getOutputStream().close();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            String line = out.readLine();
            return line == null ? "the attackers have failed" : line;
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
