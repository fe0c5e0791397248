package io.sluice.sse.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** A real Redis on a free port of loopback, with its files in a temporary directory. It can be killed and paused. */
public final class RedisServer implements AutoCloseable {

    private static final int FIRST_PORT = 20_000;
    /** The lowest port that Linux gives to clients by default. */
    private static final int FIRST_CLIENT_PORT = 32_768;

    public final int port;
    private final String program;
    private final List<String> arguments;
    private final Path folder;
    private Process process;
    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;

    private RedisServer(String program, int port, List<String> arguments) throws IOException {
        this.program = program;
        this.port = port;
        this.arguments = arguments;
        this.folder = Files.createTempDirectory("sluice-redis");
        restart();
    }

    /** A Redis that stores nothing, so that it is empty after a restart, unless the arguments say otherwise. */
    public static RedisServer redis(String... arguments) throws IOException {
        return new RedisServer(find("redis-server"), freePort(), List.of(arguments));
    }

    /** A sentinel with this configuration. */
    public static RedisServer sentinel(String... lines) throws IOException {
        return new RedisServer(find("redis-sentinel"), freePort(), List.of(lines));
    }

    /** Where there is no Redis the test is skipped, which {@code SLUICE_FORBID_SKIPS} forbids. */
    private static String find(String program) {
        for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
            Path found = Path.of(folder, program);
            if (Files.isExecutable(found)) {
                return found.toString();
            }
        }
        String message = program + " is not installed: the tests with a real Redis cannot run";
        if (System.getenv("SLUICE_FORBID_SKIPS") != null) {
            Assertions.fail(message);
        }
        System.err.println("SKIPPED: " + message);
        Assumptions.abort(message);
        throw new AssertionError(message);
    }

    /**
     * A free port below those that the system gives to clients. A client that connects to such a port while no server
     * listens there may be given the same port, and is connected to itself. Redis could not begin there again, and the
     * client would wait for answers.
     */
    static int freePort() throws IOException {
        IOException last = new IOException("no port");
        for (int i = 0; i < 100; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, FIRST_CLIENT_PORT);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    /** Starts the process, again after it was killed. */
    public void restart() throws IOException {
        boolean isSentinel = program.endsWith("redis-sentinel");
        List<String> command = new ArrayList<>(List.of(program));
        if (isSentinel) {
            Path file = folder.resolve("sentinel.conf");
            Files.write(
                    file,
                    Stream.concat(Stream.of("port " + port, "bind 127.0.0.1"), arguments.stream())
                            .toList());
            command.add(file.toString());
        } else {
            command.addAll(List.of("--port", String.valueOf(port), "--bind", "127.0.0.1", "--dir", folder.toString()));
            command.addAll(List.of("--save", "", "--enable-debug-command", "yes"));
            command.addAll(arguments);
        }
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        client = RedisClient.create(RedisURI.create("127.0.0.1", port));
        Awaitility.await("a Redis at " + port)
                .pollInterval(Duration.ofMillis(10))
                .ignoreExceptionsMatching(e -> process.isAlive())
                .until(() -> {
                    connection = client.connect();
                    return isSentinel || connection.sync().ping().equals("PONG");
                });
    }

    public String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** Commands of an operator. */
    public RedisCommands<String, String> commands() {
        return connection.sync();
    }

    public long pid() {
        return process.pid();
    }

    /** Kills it as the kernel would. */
    public void kill() throws InterruptedException {
        closeClient();
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    /** It keeps its connections and answers nothing. */
    public void pause() throws Exception {
        signal("STOP");
    }

    public void resume() throws Exception {
        signal("CONT");
    }

    private void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor(5, TimeUnit.SECONDS);
    }

    public String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    private void closeClient() {
        client.shutdownAsync(0, 1, TimeUnit.SECONDS)
                .completeOnTimeout(null, 5, TimeUnit.SECONDS)
                .join();
    }

    @Override
    public void close() throws Exception {
        closeClient();
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        try (Stream<Path> files = Files.walk(folder)) {
            Arrays.asList(files.sorted(Comparator.reverseOrder()).toArray(Path[]::new))
                    .forEach(file -> file.toFile().delete());
        }
    }
}
