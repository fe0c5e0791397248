package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A running contender on its assigned cores. Closing it ends the process and its children. */
final class ServerUnderLoad implements AutoCloseable {

    private static final long STARTS_WITHIN = TimeUnit.SECONDS.toNanos(30);

    private final Contender contender;
    private final Process process;
    private final int port;
    private final Path garbageLog;

    private ServerUnderLoad(Contender contender, Process process, int port, Path garbageLog) {
        this.contender = contender;
        this.process = process;
        this.port = port;
        this.garbageLog = garbageLog;
    }

    /**
     * Starts a contender; it accepts connections when this returns.
     *
     * @param cores in the syntax of {@code taskset}
     */
    static ServerUnderLoad start(Contender contender, String cores) throws IOException, InterruptedException {
        int port = freePort();
        Path logs = Files.createDirectories(Home.work().resolve("logs"));
        Path log = logs.resolve(contender.name().replace(' ', '-') + ".log");
        Path garbageLog = Path.of(log + ".gc");
        List<String> command = new ArrayList<>(List.of("taskset", "-c", cores));
        List<String> own = contender.command(port);
        command.add(own.get(0));
        if (contender.runsOnJava()) {
            Files.deleteIfExists(garbageLog);
            command.add("-Xlog:gc:file=" + garbageLog + "::filecount=0");
        }
        command.addAll(own.subList(1, own.size()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("SLUICE_"));
        Process process = builder.start();
        Thread end = new Thread(() -> end(process));
        Runtime.getRuntime().addShutdownHook(end);
        ServerUnderLoad server = new ServerUnderLoad(contender, process, port, garbageLog);
        try {
            server.awaitListening(log);
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    private void awaitListening(Path log) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < STARTS_WITHIN && process.isAlive()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
                TimeUnit.SECONDS.sleep(1); // lets the server finish its start after it has begun to listen
                return;
            } catch (IOException e) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
        String output = Files.readString(log);
        throw new IOException(
                contender.name() + " has not started: " + output.substring(Math.max(0, output.length() - 500)));
    }

    int port() {
        return port;
    }

    boolean runsOnJava() {
        return contender.runsOnJava();
    }

    long pid() {
        return process.pid();
    }

    /** The process ids of the server and its children, as the generator expects them. */
    String pids() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(handle -> Long.toString(handle.pid()))
                .collect(Collectors.joining(","));
    }

    JavaHeap heap() {
        Path java = Path.of(contender.command().get(0));
        return new JavaHeap(process.pid(), java.resolveSibling("jcmd"), garbageLog);
    }

    private static void end(Process process) {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroy();
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        end(process);
    }
}
