package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Even when the catch-up budget is used up, a client that reads gets everything at its own pace. */
@Execution(ExecutionMode.CONCURRENT) // its clients wait for the next tick
class CatchUpBudgetOverSocketsTest {

    private static final int EVENTS = 2000; // 8 MB, more than a kernel buffers
    private static final String PADDING = " " + "x".repeat(4000);

    @OverEachTransport
    void theBudgetDoesNotDelayAClientThatReads(Transport transport) throws IOException {
        try (Hub hub = Hub.builder()
                        .historyEvents(100_000)
                        .historyBytes(1L << 30)
                        .historyTotalBytes(1L << 30)
                        .catchUpBytes(0)
                        .build();
                SseServer server = TestServers.on(transport).hub(hub).threads(1).start();
                RawClient stalled = RawClient.connect(server.port(), 1024);
                RawClient first = RawClient.connect(server.port());
                RawClient second = RawClient.connect(server.port())) {
            for (int i = 0; i < EVENTS; i++) {
                hub.publish("a", Event.of(i + PADDING));
            }
            stalled.get("/events/a?replay=" + EVENTS);
            await().until(() -> hub.subscribers("a") == 1);
            // Each client starts at its own position, so that no two share frames. At one small frame per tick this
            // would take a quarter of an hour.
            first.get("/events/a?replay=" + (EVENTS - 1));
            second.get("/events/a?replay=" + (EVENTS - 2));
            first.awaitEvents(EVENTS - 1);
            second.awaitEvents(EVENTS - 2);
            assertThat(second.stream().data().get(0)).isEqualTo(2 + PADDING);

            hub.publish("a", Event.of("live"));
            first.awaitEvents(EVENTS);
            second.awaitEvents(EVENTS - 1);
            assertThat(first.stream().data().get(EVENTS - 1)).isEqualTo("live");
        }
    }
}
