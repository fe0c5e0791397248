package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A stream at its maximum lifetime ends in order: with its last chunk and its own retry hint, and no event is lost.
 */
class LifetimeTest {

    @OverEachTransport
    void streamsEndAtTheirMaximumAndResumeWhereTheyWere(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                .maxLifetime(Duration.ofSeconds(1))
                .retry(Duration.ofSeconds(3))
                .start()) {
            server.hub().publish("a", Event.of("seen"));
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(RawClient.open(server.port(), "/events/a?replay=1"));
            }
            for (RawClient client : clients) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(client.stream().hasEnded()).as("an orderly end").isTrue();
                assertThat(client.stream().data()).containsExactly("seen");
                assertThat(client.stream().retries).hasSize(2);
                assertThat(client.stream().retries.get(1)).isBetween(1500L, 4500L);
            }
            server.hub().publish("a", Event.of("missed"));
            String last = clients.get(0).stream().lastEventId();
            try (RawClient again = RawClient.open(server.port(), "/events/a", "Last-Event-ID: " + last)) {
                again.awaitEvents(1);
                assertThat(again.stream().data()).containsExactly("missed");
            }
            for (RawClient client : clients) {
                client.close();
            }
            TestServers.awaitNothingOwned(server.hub());
            assertThat(server.hub().stats().closed().get(CloseReason.LIFETIME_ENDED))
                    .isGreaterThanOrEqualTo(10);
        }
    }
}
