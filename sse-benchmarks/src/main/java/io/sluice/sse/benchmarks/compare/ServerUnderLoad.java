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
    private final Ports ports;
    private final Path garbageLog;

    /** The ports of the subscribers and of the publisher, which may be the same. */
    private record Ports(int ofSubscribers, int ofPublisher) {}

    private ServerUnderLoad(Contender contender, Process process, Ports ports, Path garbageLog) {
        this.contender = contender;
        this.process = process;
        this.ports = ports;
        this.garbageLog = garbageLog;
    }

    /**
     * Starts a contender; it accepts connections when this returns.
     *
     * @param cores in the syntax of {@code taskset}
     */
    static ServerUnderLoad start(Contender contender, String cores) throws IOException, InterruptedException {
        Ports ports = freePorts(contender);
        Path logs = Files.createDirectories(Home.work().resolve("logs"));
        Path log = logs.resolve(contender.name().replace(' ', '-') + ".log");
        Path garbageLog = Path.of(log + ".gc");
        List<String> command = new ArrayList<>(List.of("taskset", "-c", cores));
        List<String> own = contender.command(ports.ofSubscribers(), ports.ofPublisher());
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
        ServerUnderLoad server = new ServerUnderLoad(contender, process, ports, garbageLog);
        try {
            server.awaitListening(log);
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private static Ports freePorts(Contender contender) throws IOException {
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new Ports(
                    one.getLocalPort(), contender.hasPublishPort() ? other.getLocalPort() : one.getLocalPort());
        }
    }

    private void awaitListening(Path log) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < STARTS_WITHIN && process.isAlive()) {
            try {
                connectTo(ports.ofSubscribers());
                connectTo(ports.ofPublisher());
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

    private static void connectTo(int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
        }
    }

    int port() {
        return ports.ofSubscribers();
    }

    int publishPort() {
        return ports.ofPublisher();
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
