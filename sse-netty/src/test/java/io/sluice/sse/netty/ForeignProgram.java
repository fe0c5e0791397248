package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A client of another project in a process of its own. Without the program its test is skipped with a message, or fails
 * where skips are forbidden.
 */
final class ForeignProgram implements AutoCloseable {

    /** Debian installs servers where the PATH of a user does not lead. */
    private static final String[] FOLDERS =
            (System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin").split(File.pathSeparator, -1);

    private final Process process;
    private final Path output;

    private ForeignProgram(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** @param folder gets the output of the program, so that no pipe fills up */
    static ForeignProgram start(Path folder, String name, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(find(name)));
        command.addAll(arguments);
        Path output = folder.resolve(name + ".out");
        return new ForeignProgram(
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start(),
                output);
    }

    private static String find(String name) {
        for (String folder : FOLDERS) {
            if (Files.isExecutable(Path.of(folder, name))) {
                return Path.of(folder, name).toString();
            }
        }
        String message = "SKIPPED: the program " + name + " is not installed";
        assertThat(System.getenv("SLUICE_FORBID_SKIPS")).as(message).isNull();
        System.err.println(message);
        return Assumptions.abort(message);
    }

    /** Waits for its end and returns what it has printed. */
    String awaitSuccess() throws IOException, InterruptedException {
        assertThat(process.waitFor(RawClient.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(() -> "the program ends: " + printed())
                .isTrue();
        assertThat(process.exitValue()).as(this::printed).isZero();
        return Files.readString(output);
    }

    /** For a message. */
    private String printed() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
