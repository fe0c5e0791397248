package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A program of the folder {@code src/test/node}, which uses a client library of another project. Without Node, or
 * without the libraries, its test is skipped with a message. It fails instead if the environment variable {@code
 * SLUICE_FORBID_SKIPS} is set.
 */
public final class NodeProgram implements AutoCloseable {

    private static final Path SOURCES = Path.of("src/test/node");
    private static final Path FOLDER = Path.of("target/node");
    private static final long INSTALL_SECONDS = 180;
    private static final int MOST_LINES = 100;

    private final Process process;
    private final BufferedReader output;
    /** The latest lines, for the messages of failed tests. */
    private final Deque<String> lines = new ArrayDeque<>();

    private NodeProgram(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts a program of that folder. */
    public static NodeProgram start(String program, String... arguments) throws Exception {
        install();
        List<String> command = new ArrayList<>(List.of("node", program));
        command.addAll(List.of(arguments));
        return new NodeProgram(new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .start());
    }

    /** The folder {@code node_modules} with the client libraries of the lock file, which it installs if necessary. */
    public static Path libraries() throws Exception {
        install();
        return FOLDER.resolve("node_modules");
    }

    /** The next line that the program prints. */
    public String nextLine() throws IOException {
        String line = output.readLine();
        assertThat(line).as("the program ended after " + lines).isNotNull();
        lines.add(line);
        if (lines.size() > MOST_LINES) {
            lines.remove();
        }
        return line;
    }

    /** Reads all lines on a thread, until the program ends. Then {@link #nextLine} must not be used. */
    public void onLines(Consumer<String> consumer) {
        Thread reader = new Thread(() -> output.lines().forEach(consumer), "lines of a program");
        reader.setDaemon(true);
        reader.start();
    }

    /** Writes a line to the input of the program. */
    public void send(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the program has ended", e);
        }
    }

    @Override
    public void close() throws Exception {
        process.getOutputStream().close();
        boolean ended = process.waitFor(20, TimeUnit.SECONDS);
        process.destroyForcibly();
        assertThat(ended).as("the program ends: " + lines).isTrue();
        assertThat(process.exitValue()).as(lines.toString()).isZero();
    }

    /** Installs the libraries of the lock file, once for each of its versions. */
    private static synchronized void install() throws Exception {
        requireCommand("node");
        requireCommand("npm");
        Files.createDirectories(FOLDER);
        // Surefire runs test classes in several processes, and only one of them may install.
        try (FileChannel channel = FileChannel.open(
                        FOLDER.resolve("install.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            assertThat(held.isValid()).isTrue();
            installLocked();
        }
    }

    private static void installLocked() throws Exception {
        Path lock = FOLDER.resolve("package-lock.json");
        Path installed = FOLDER.resolve("installed-lock.json");
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, FOLDER.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        if (Files.exists(installed) && Files.mismatch(lock, installed) < 0) {
            return;
        }
        Path log = FOLDER.resolve("install.log");
        Process npm = new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!npm.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS) || npm.exitValue() != 0) {
            npm.destroyForcibly();
            skip("npm could not install the client libraries: " + Files.readString(log));
        }
        Files.copy(lock, installed, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void requireCommand(String name) {
        boolean found = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
        if (!found) {
            skip("there is no " + name);
        }
    }

    private static void skip(String reason) {
        String message = "NOT TESTED with client libraries for Node: " + reason;
        assertThat(System.getenv("SLUICE_FORBID_SKIPS")).as(message).isNull();
        System.err.println(message);
        Assumptions.abort(message);
    }
}
