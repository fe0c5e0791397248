package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that reads slowly but steadily keeps its connection, however long its backlog is. */
@Execution(ExecutionMode.CONCURRENT) // its tests wait for several write timeouts
class SteadySlowReaderTest {

    private static final String PADDING = "x".repeat(4000);
    private static final int EVENTS = 4000; // 16 MB, more than a kernel buffers
    private static final long STEP_MILLIS = 50;

    /** Over NIO the kernel reports progress in larger steps, so this client must be faster. */
    @ParameterizedTest(name = "{0}, {1} bytes/s, write timeout {2} ms")
    @CsvSource({"EPOLL, 8000, 3000", "IO_URING, 8000, 3000", "NIO, 128000, 5000"})
    void aSteadySlowReaderStaysConnected(Transport transport, int bytesPerSecond, int writeTimeoutMillis)
            throws Exception {
        try (Hub hub = Hub.builder()
                        .historyEvents(2 * EVENTS)
                        .historyBytes(1L << 30)
                        .build();
                SseServer server = TestServers.on(transport)
                        .hub(hub)
                        .writeTimeout(Duration.ofMillis(writeTimeoutMillis))
                        .start();
                RawClient slow = RawClient.connect(server.port(), 4096)) {
            slow.get("/events/a");
            await().until(() -> hub.subscribers("a") == 1);
            int step = (int) (bytesPerSecond * STEP_MILLIS / 1000);
            int steps = (int) (4L * writeTimeoutMillis / STEP_MILLIS);
            try (PacedReader reader = new PacedReader(slow, step, steps)) {
                for (int i = 0; i < EVENTS; i++) {
                    hub.publish("a", Event.of(PADDING));
                }
                reader.done.get(120, TimeUnit.SECONDS);
            }
            assertThat(hub.stats().closed().get(CloseReason.WRITE_TIMEOUT)).isZero();
            assertThat(hub.subscribers("a")).isEqualTo(1);
        }
    }

    /** The last bytes leave the channel in steps of 64 KiB, each of which takes longer than a check interval. */
    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void aSteadySlowReaderReadsTheEndOfItsStream(Transport transport) throws Exception {
        CompletableFuture<Sink> opened = new CompletableFuture<>();
        Observer observer = new Observer() {
            @Override
            public void sinkOpened(Sink sink) {
                opened.complete(sink);
            }
        };
        try (Hub hub = Hub.builder()
                        .historyEvents(2 * EVENTS)
                        .historyBytes(1L << 30)
                        .observer(observer)
                        .build();
                SseServer server = TestServers.on(transport).hub(hub).start();
                RawClient slow = RawClient.connect(server.port(), 4096)) {
            slow.get("/events/a");
            Sink sink = opened.get(60, TimeUnit.SECONDS);
            for (int i = 0; i < EVENTS; i++) {
                hub.publish("a", Event.of(PADDING));
            }
            sink.complete();
            try (PacedReader reader = new PacedReader(slow, 800, Integer.MAX_VALUE)) { // 16,000 bytes each second
                assertThatThrownBy(() -> reader.done.get(120, TimeUnit.SECONDS))
                        .cause()
                        .isNotInstanceOf(SocketException.class)
                        .hasMessageContaining("end of the stream");
            }
        }
    }

    /** A large response that is no stream: its connection is not idle while the client reads. */
    @ParameterizedTest(name = "{0}")
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void aSteadySlowReaderOfALargeResponseIsNotIdle(Transport transport) throws Exception {
        Duration idle = Duration.ofSeconds(2);
        try (SseServer server = TestServers.on(transport)
                        .idleTimeout(idle)
                        .route(
                                "GET",
                                "/large",
                                request -> RouteResponse.of(200, "text/plain", new byte[8_000_000])
                                        .completed())
                        .start();
                RawClient slow = RawClient.connect(server.port(), 4096)) {
            slow.get("/large");
            int steps = (int) (6 * idle.toMillis() / STEP_MILLIS);
            try (PacedReader reader = new PacedReader(slow, 400, steps)) { // 8,000 bytes each second
                reader.done.get(120, TimeUnit.SECONDS);
            }
            assertThat(server.hub().ledger().count(Ledger.Kind.CONNECTIONS)).isEqualTo(1);
        }
    }

    /** Reads a fixed number of bytes in each step, and completes after a fixed number of steps. */
    private static final class PacedReader implements AutoCloseable {

        final CompletableFuture<Void> done = new CompletableFuture<>();
        private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
        private int left;

        PacedReader(RawClient client, int bytes, int steps) {
            left = steps;
            executor.scheduleAtFixedRate(() -> read(client, bytes), 0, STEP_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void read(RawClient client, int bytes) {
            try {
                client.skip(bytes);
                if (--left == 0) {
                    done.complete(null);
                }
            } catch (IOException e) { // the server has reset the connection
                done.completeExceptionally(e);
            }
        }

        @Override
        public void close() {
            executor.shutdownNow();
        }
    }
}
