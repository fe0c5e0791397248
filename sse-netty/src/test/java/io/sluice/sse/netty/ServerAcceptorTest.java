package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** More connections than the server's own limit or the kernel allows. */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT) // its tests wait for other processes
class ServerAcceptorTest {

    @OverEachTransport
    void aboveTheMaximumTheNewestIsClosedAtOnce(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport).maxConnections(3).start();
                RawClient one = RawClient.open(server.port(), "/events/a");
                RawClient two = RawClient.open(server.port(), "/events/a");
                RawClient three = RawClient.connect(server.port())) {
            three.get("/nothing").awaitHead();
            for (int i = 0; i < 20; i++) {
                try (RawClient four = RawClient.connect(server.port())) {
                    assertThat(four.awaitEnd(RawClient.PATIENCE)).isTrue();
                    assertThat(four.stream().hasHead()).isFalse();
                }
            }
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.CONNECTIONS))
                    .isEqualTo(20);
            server.hub().publish("a", Event.of("no client was disconnected"));
            one.awaitEvents(1);
            two.awaitEvents(1);
            three.close();
            await().ignoreExceptionsInstanceOf(AssertionError.class).until(() -> {
                try (RawClient next = RawClient.open(server.port(), "/events/a")) {
                    return next.stream().hasHead();
                } catch (IOException reset) {
                    return false;
                }
            });
        }
    }

    /** Without descriptors a server pauses accepting, logs a few lines, and continues when some are free. */
    @OverEachTransport
    void withoutDescriptorsAcceptingPausesAndThenContinues(Transport transport, @TempDir Path directory)
            throws Exception {
        TestServers.on(transport); // or skips
        File log = directory.resolve("log").toFile();
        Process server = startWithFewDescriptors(transport, log);
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            int port = Integer.parseInt(out.readLine());
            List<RawClient> crowd = new ArrayList<>();
            try {
                for (int i = 0; i < DESCRIPTORS; i++) {
                    crowd.add(RawClient.connect(port)); // the kernel's backlog holds the rest
                }
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> Files.readString(log.toPath()).contains("accepting failed"));
                if (transport != Transport.IO_URING) { // Netty submits its accept again, even if reading is off
                    long before = lines(log, "DEBUG");
                    await().during(Duration.ofSeconds(3)) // a server that does not pause fails thousands of times
                            .atMost(Duration.ofSeconds(60))
                            .until(() -> lines(log, "DEBUG") - before < 300);
                }
                assertThat(lines(log, "WARN")).isLessThan(10);
            } finally {
                for (RawClient client : crowd) {
                    client.close();
                }
            }
            await().atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsInstanceOf(AssertionError.class)
                    .until(() -> {
                        try (RawClient healthy = RawClient.open(port, "/events/a")) {
                            return healthy.stream().hasHead();
                        } catch (IOException reset) {
                            return false;
                        }
                    });
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    private static final int DESCRIPTORS = 128;

    private static Process startWithFewDescriptors(Transport transport, File log) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n " + DESCRIPTORS + " && exec \"$0\" \"$@\"",
                        java,
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FewDescriptors.class.getName(),
                        transport.name())
                .redirectError(log)
                .start();
    }

    private static long lines(File log, String level) throws IOException {
        try (Stream<String> lines = Files.lines(log.toPath())) {
            return lines.filter(line -> line.startsWith(level)).count();
        }
    }
}
