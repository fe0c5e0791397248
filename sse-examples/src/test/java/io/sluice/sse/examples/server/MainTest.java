package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the server as a process and checks its output and exit status. */
class MainTest {

    /** What a slow machine may add to the deadline. A process that waits for a client adds more. */
    private static final long HELD_UP_SECONDS = 10;

    @TempDir
    Path directory;

    private ServerProcess server;
    private Process process;

    @AfterEach
    void end() {
        if (server != null) {
            server.close();
        }
    }

    private BufferedReader start(String... arguments) throws IOException {
        server = new ServerProcess(directory, arguments);
        process = server.process();
        return server.output();
    }

    private String errors() throws IOException {
        return server.errors();
    }

    private int exitStatus() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void aBadOptionPrintsOneLineAndExitsWithTwo() throws Exception {
        BufferedReader out = start("--port", "70000");
        assertThat(exitStatus()).isEqualTo(2);
        assertThat(errors().lines()).containsExactly("--port: 70000 (expected: from 0 to 65535)");
        assertThat(out.readLine()).isNull();
    }

    @Test
    void aSignalDrainsTheServerWhichExitsWithZero() throws Exception {
        BufferedReader out = start("--port", "0", "--threads", "1", "--drain", "2s", "--retry", "1s");
        int port = server.port();
        List<RawStream> streams = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            RawStream stream = RawStream.get(port, "/events/a");
            stream.head();
            assertThat(stream.firstBlock()).contains("retry: 1000\n");
            streams.add(stream);
        }
        assertThat(status(port, "POST", "/publish/a")).isEqualTo(200);
        long signalled = System.nanoTime();
        process.toHandle().destroy(); // SIGTERM

        Awaitility.await().until(() -> status(port, "GET", "/health/ready") == 503);
        assertThat(status(port, "GET", "/health/live")).isEqualTo(200);
        assertThat(status(port, "GET", "/events/a")).isEqualTo(503);
        assertThat(status(port, "POST", "/publish/a"))
                .as("publishes get a response")
                .isEqualTo(200);
        for (RawStream stream : streams) {
            assertThat(stream.toEnd()).contains("data: \n\n").containsPattern("retry: \\d+\n\n$");
            assertThat(stream.hasLastChunk()).isTrue();
            stream.close();
        }
        assertThat(exitStatus()).as(errors()).isZero();
        assertThat(System.nanoTime() - signalled).isLessThan(TimeUnit.SECONDS.toNanos(3 + HELD_UP_SECONDS));
        assertThat(out.readLine()).as("second line of standard output").isNull();
    }

    @Test
    void aSecondSignalEndsTheServerAtOnce() throws Exception {
        start("--port", "0", "--threads", "1", "--drain", "1h");
        int port = server.port();
        try (RawStream one = RawStream.get(port, "/events/a");
                RawStream two = RawStream.get(port, "/events/a")) {
            one.head();
            two.head();
            process.toHandle().destroy();
            Awaitility.await().until(() -> status(port, "GET", "/health/ready") == 503);
            process.toHandle().destroy();
            assertThat(exitStatus()).isEqualTo(143);
        }
    }

    private static int status(int port, String method, String target) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + target).toURL().openConnection();
        connection.setRequestMethod(method);
        if (method.equals("POST")) {
            connection.setDoOutput(true);
            connection.getOutputStream().close();
        }
        try {
            return connection.getResponseCode();
        } finally {
            connection.disconnect();
        }
    }
}
