package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real Redis on a free port of loopback. It stores nothing, and its files are in a temporary directory. */
final class RedisProcess implements AutoCloseable {

    private static final Duration STARTS_WITHIN = Duration.ofSeconds(10);
    private static final int TIMEOUT_MILLIS = 1_000;

    private final Process process;
    private final int port;
    private final Path folder;

    private RedisProcess(Process process, int port, Path folder) {
        this.process = process;
        this.port = port;
        this.folder = folder;
    }

    /**
     * Starts it; it answers when this returns.
     *
     * @throws IOException if there is no {@code redis-server} in the path, or it does not start
     */
    static RedisProcess start() throws IOException {
        int port = freePort();
        Path folder = Files.createTempDirectory("sluice-redis");
        Process process = new ProcessBuilder(List.of(
                        "redis-server",
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--dir",
                        folder.toString(),
                        "--save",
                        ""))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        RedisProcess redis = new RedisProcess(process, port, folder);
        try {
            Pace.await(redis::answers, STARTS_WITHIN, "answer of redis-server");
        } catch (IllegalStateException e) {
            redis.close();
            throw new IOException(e.getMessage(), e);
        }
        return redis;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() == '+';
        } catch (IOException e) {
            return false; // not yet
        }
    }

    String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** The processor time that it has used. */
    Duration cpu() {
        return ServerProcess.cpu(process);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
