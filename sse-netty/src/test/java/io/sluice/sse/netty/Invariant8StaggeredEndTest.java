package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Design, invariant 8: a staggered end with a retry hint for each client, and nothing left. */
@Timeout(240)
@Execution(ExecutionMode.CONCURRENT) // its drains last for seconds
class Invariant8StaggeredEndTest {

    /** What a slow machine may add to any deadline. A drain that waits for a client adds more. */
    private static final Duration HELD_UP = Duration.ofSeconds(10);

    @OverEachProtocol
    void eachStreamEndsProperlyAtItsOwnMoment(Transport transport, ClientProtocol protocol) throws Exception {
        int clients = 100;
        Duration drain = Duration.ofSeconds(5);
        ExecutorService readers = Executors.newFixedThreadPool(clients);
        List<StreamClient> open = new ArrayList<>();
        try (SseServer server = protocol.on(transport).start()) {
            for (int i = 0; i < clients; i++) {
                open.add(protocol.open(server, "/events/a"));
            }
            for (int i = 0; i < 50; i++) {
                server.hub().publish("a", Event.of(Integer.toString(i)));
            }
            long start = System.nanoTime();
            CompletionStage<Void> closed = server.close(drain);
            assertThat(server.isReady()).isFalse();
            List<Future<Long>> ends = new ArrayList<>();
            for (StreamClient client : open) {
                ends.add(readers.submit(() -> {
                    assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                    return System.nanoTime() - start;
                }));
            }
            assertRejectsNewStreams(protocol, server);
            int[] tenths = new int[10];
            for (Future<Long> end : ends) {
                tenths[(int) Math.min(9, end.get(60, TimeUnit.SECONDS) * 10 / drain.toNanos())]++;
            }
            closed.toCompletableFuture().get(40, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(drain.plus(HELD_UP));
            // A loose bound, since many streams end together after a pause of the machine. The drain program is exact.
            assertThat(Arrays.stream(tenths).max().orElseThrow())
                    .as("ends in a tenth of the time")
                    .isLessThan(clients * 3 / 4);
            List<Long> hints = new ArrayList<>();
            for (StreamClient client : open) {
                assertThat(client.stream().hasEnded()).as("last chunk").isTrue();
                assertThat(client.stream().events).hasSize(50);
                assertThat(client.stream().retries).hasSize(2);
                hints.add(client.stream().retries.get(1));
            }
            assertThat(hints).allSatisfy(hint -> assertThat(hint).isBetween(1500L, 4500L));
            assertThat(hints.stream().distinct().count()).as("different hints").isGreaterThan(clients / 2);
            assertThat(server.hub().stats().closed().get(CloseReason.SERVER_DRAINING))
                    .isEqualTo(clients);
            TestServers.awaitNothingOwned(server.hub());
        } finally {
            readers.shutdownNow();
            for (StreamClient client : open) {
                client.close();
            }
        }
        // Until the other drains have ended, too.
        await().untilAsserted(() -> assertThat(TestServers.sluiceThreads()).isEmpty());
    }

    private static void assertRejectsNewStreams(ClientProtocol protocol, SseServer server) throws IOException {
        try (StreamClient late = protocol.get(server, "/events/a");
                StreamClient browser = protocol.get(server, "/events/a", RawClient.EVENT_SOURCE)) {
            late.awaitHead();
            assertThat(late.stream().status()).isEqualTo(503);
            assertThat(late.stream().header("retry-after")).isEqualTo("3");
            assertThat(browser.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(browser.stream().status()).isEqualTo(200);
            assertThat(browser.stream().isEventStream()).isTrue();
            assertThat(browser.stream().retries).hasSize(1);
            assertThat(browser.stream().events).isEmpty();
        }
    }
}
