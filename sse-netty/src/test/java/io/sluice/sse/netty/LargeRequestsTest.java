package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Large requests wait for room in the budget, and their waiting bodies are bounded. */
class LargeRequestsTest {

    private static final int LARGE = 20_000;

    @OverEachTransport
    void requestsWaitUntilTheBudgetHasRoomForTheirResponses(Transport transport) throws IOException {
        AtomicInteger arrived = new AtomicInteger();
        AtomicInteger handled = new AtomicInteger();
        CountDownLatch allArrived = new CountDownLatch(1);
        try (SseServer server = TestServers.on(transport)
                .maxBufferedBytes(12_000_000)
                .threads(1)
                .route("POST", "/large", request -> {
                    arrived.incrementAndGet();
                    return request.handleLater(executor -> {
                        awaitLatch(allArrived);
                        handled.incrementAndGet();
                        return CompletableFuture.supplyAsync(
                                () -> RouteResponse.of(200, "text/plain", new byte[5_000_000]), executor);
                    });
                })
                .route("POST", "/small", request -> RouteResponse.empty(204).completed())
                .start()) {
            List<RawClient> unread = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                RawClient client = RawClient.connect(server.port(), 4_096);
                unread.add(client);
                client.send("POST /large HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + LARGE + "\r\n\r\n")
                        .send(new byte[LARGE]);
            }
            await().until(() -> arrived.get() == 3); // a body that arrives later is rejected
            allArrived.countDown();
            await().until(() -> handled.get() == 2);
            try (RawClient small = RawClient.connect(server.port())) {
                small.send("POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
                        .awaitHead();
                assertThat(small.stream().status())
                        .as("a quarter is for small requests")
                        .isEqualTo(204);
            }
            assertThat(handled).as("two responses fill three quarters").hasValue(2);
            unread.get(0).close(); // one of the two, or the one that waits
            unread.get(1).close();
            await().until(() -> handled.get() == 3);
            for (RawClient client : unread) {
                client.close();
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theWaitingBodiesAreBounded() throws Exception {
        LargeRequests requests = new LargeRequests(new BufferBudget(1_000));
        CountDownLatch release = new CountDownLatch(1);
        int half = (int) (LargeRequests.MOST_WAITING_BYTES / 2);
        CompletionStage<String> first = requests.work(half, executor -> {
            awaitLatch(release);
            return CompletableFuture.completedStage("first");
        });
        CompletionStage<String> second = requests.work(half, executor -> CompletableFuture.completedStage("second"));
        assertThatThrownBy(() -> requests.work(2, executor -> CompletableFuture.completedStage("third")))
                .isInstanceOf(HttpStatusException.class)
                .hasMessageContaining("large requests wait");
        release.countDown();
        assertThat(first.toCompletableFuture().get(40, TimeUnit.SECONDS)).isEqualTo("first");
        assertThat(second.toCompletableFuture().get(40, TimeUnit.SECONDS)).isEqualTo("second");
        CompletionStage<String> third = requests.work(2, executor -> CompletableFuture.completedStage("third"));
        assertThat(third.toCompletableFuture().get(40, TimeUnit.SECONDS)).isEqualTo("third");
    }

    /** Otherwise publishers of large batches take a processor, and the healthy streams wait. */
    @Test
    void theThreadRestsTwiceAsLongAsItHasWorked() throws Exception {
        LargeRequests requests = new LargeRequests(new BufferBudget(1_000));
        AtomicLong ended = new AtomicLong();
        requests.work(1, executor -> {
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(20)) {
                Thread.onSpinWait();
            }
            Thread.currentThread().interrupt(); // a rest in which parking returns at once would not be one
            ended.set(System.nanoTime());
            return CompletableFuture.completedStage("first");
        });
        long begun = requests.work(1, executor -> CompletableFuture.completedStage(System.nanoTime()))
                .toCompletableFuture()
                .get(40, TimeUnit.SECONDS);
        assertThat(begun - ended.get()).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(40));
    }

    @Test
    void aReleaseWakesTheThreadThatWaitsForRoom() {
        BufferBudget budget = new BufferBudget(1_000);
        budget.reserve(800);
        CompletableFuture<Boolean> waited =
                CompletableFuture.supplyAsync(() -> budget.awaitRoom(System.nanoTime() + TimeUnit.SECONDS.toNanos(60)));
        budget.release(100);
        await().untilAsserted(() -> assertThat(waited).isCompletedWithValue(true));
        budget.reserve(100);
        assertThat(budget.awaitRoom(System.nanoTime())).isFalse();
        assertThat(budget.isExhausted(1)).isFalse();
        assertThat(budget.isExhausted(LARGE)).isTrue();
    }
}
