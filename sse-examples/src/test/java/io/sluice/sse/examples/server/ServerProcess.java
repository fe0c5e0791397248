package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The bundled server in a process of its own. */
final class ServerProcess implements AutoCloseable {

    private final Process process;
    private final Path errors;
    private final BufferedReader output;

    /** @param directory where its standard error goes */
    ServerProcess(Path directory, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_"));
        this.errors = directory.resolve("stderr");
        builder.redirectError(errors.toFile());
        this.process = builder.start();
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    Process process() {
        return process;
    }

    BufferedReader output() {
        return output;
    }

    String errors() throws IOException {
        return Files.readString(errors);
    }

    /** Reads the first line that it prints, which has its port. */
    int port() throws IOException {
        String line = output.readLine();
        assertThat(line).as(errors()).matches("Sluice listening on http://127\\.0\\.0\\.1:\\d+");
        return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
    }

    /** Kills it, as {@code kill -9}. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
