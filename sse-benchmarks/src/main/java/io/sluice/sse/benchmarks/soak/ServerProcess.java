package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.benchmarks.compare.JvmFlags;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * The bundled server in its own process, with a heap that never grows and is resident from the start. A gain of
 * resident memory is therefore memory outside of the heap. The server's log goes to standard error. Closing kills the
 * process.
 */
final class ServerProcess implements AutoCloseable {

    private static final String MAIN = "io.sluice.sse.examples.server.Main";
    /** The number of warnings that are printed; all are counted. */
    private static final int MAX_PRINTED_WARNINGS = 10;

    /**
     * The warnings of {@code LaneWatchdog}, which an overloaded machine can cause. They are printed but not counted.
     */
    private static final Pattern BLOCKED_LANE = Pattern.compile(" lane \\S+ (stands still for|moves again;) ");

    private static final String START_LINE = "Sluice listening on http://127.0.0.1:";

    private final Process process;
    private final int port;
    private final AtomicInteger warnings;

    private ServerProcess(Process process, int port, AtomicInteger warnings) {
        this.process = process;
        this.port = port;
        this.warnings = warnings;
    }

    /** Starts a server; it listens when this returns. */
    static ServerProcess start(ServerOptions options, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms" + options.heap,
                "-Xmx" + options.heap,
                "-XX:+AlwaysPreTouch",
                "-XX:+ExitOnOutOfMemoryError"));
        command.addAll(JvmFlags.nativeAccess());
        command.addAll(options.jvm);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
        command.addAll(options.with(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_"));
        Process process = builder.start();
        AtomicInteger warnings = new AtomicInteger();
        Thread log = new Thread(() -> copyLog(process, warnings), "log of the server");
        log.setDaemon(true);
        log.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null || !line.startsWith(START_LINE)) {
            process.destroyForcibly();
            throw new IOException("the server has not started; its first line was: " + line);
        }
        return new ServerProcess(process, Integer.parseInt(line.substring(START_LINE.length())), warnings);
    }

    private static void copyLog(Process process, AtomicInteger warnings) {
        try (BufferedReader log = process.errorReader(StandardCharsets.UTF_8)) {
            for (String line = log.readLine(); line != null; line = log.readLine()) {
                boolean isWarning = line.contains(" WARN ") || line.contains(" ERROR ");
                if (!isWarning || BLOCKED_LANE.matcher(line).find()) {
                    System.err.println(line);
                } else if (warnings.incrementAndGet() <= MAX_PRINTED_WARNINGS) {
                    System.err.println(line);
                }
            }
        } catch (IOException e) {
            // the process was killed
        }
    }

    /** The number of warnings and errors in its log, without those about blocked lanes. */
    int warnings() {
        return warnings.get();
    }

    int port() {
        return port;
    }

    /** The processor time that it has used. */
    Duration cpu() {
        return cpu(process);
    }

    /** The processor time that a process has used, by {@code /proc}. */
    static Duration cpu(Process process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    Footprint footprint() {
        return new Footprint(process.pid());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Sends SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** @return its exit status, or -1 if it does not exit in time */
    int awaitExit(long seconds) throws InterruptedException {
        return process.waitFor(seconds, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
