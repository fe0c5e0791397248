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

    @OverEachProtocol
    void streamsEndAtTheirMaximumAndResumeWhereTheyWere(Transport transport, ClientProtocol protocol)
            throws IOException {
        try (SseServer server = protocol.on(transport)
                .maxLifetime(Duration.ofSeconds(1))
                .retry(Duration.ofSeconds(3))
                .start()) {
            server.hub().publish("a", Event.of("seen"));
            List<StreamClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(protocol.open(server, "/events/a?replay=1"));
            }
            for (StreamClient client : clients) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(client.stream().hasEnded()).as("an orderly end").isTrue();
                assertThat(client.stream().data()).containsExactly("seen");
                assertThat(client.stream().retries).hasSize(2);
                assertThat(client.stream().retries.get(1)).isBetween(1500L, 4500L);
            }
            server.hub().publish("a", Event.of("missed"));
            String last = clients.get(0).stream().lastEventId();
            try (StreamClient again = protocol.open(server, "/events/a", "Last-Event-ID: " + last)) {
                again.awaitEvents(1);
                assertThat(again.stream().data()).containsExactly("missed");
            }
            for (StreamClient client : clients) {
                client.close();
            }
            TestServers.awaitNothingOwned(server.hub());
            assertThat(server.hub().stats().closed().get(CloseReason.LIFETIME_ENDED))
                    .isGreaterThanOrEqualTo(10);
        }
    }
}
