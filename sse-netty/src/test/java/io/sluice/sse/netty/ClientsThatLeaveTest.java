package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;

/**
 * Design, invariant 3, over each protocol: whenever a client leaves, nothing of it remains.
 * {@link Invariant3NothingOutlivesItsClientTest} has the moments that only HTTP/1.1 has.
 */
@Timeout(120)
class ClientsThatLeaveTest {

    private static final int CLIENTS = 100;

    @OverEachProtocol
    void nothingOfAClientRemainsWhenItLeaves(Transport transport, ClientProtocol protocol) throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("sluice.seed=" + seed);
        Random random = new Random(seed);
        List<StreamClient> leaving = new ArrayList<>();
        try (Hub hub = Hub.builder().historyEvents(10_000).build();
                SseServer server = protocol.on(transport).hub(hub).start()) {
            for (int i = 0; i < 1000; i++) {
                hub.publish("busy", Event.of("x".repeat(500)));
            }
            for (int i = 0; i < CLIENTS; i++) {
                StreamClient client =
                        random.nextBoolean() ? begin(random, protocol, server) : beginSlowly(protocol, server);
                leaving.add(client);
                for (int events = random.nextInt(20); events > 0; events--) {
                    hub.publish("busy", Event.of("x".repeat(random.nextInt(5000))));
                }
                if (leaving.size() > random.nextInt(10)) {
                    leave(random, leaving.remove(random.nextInt(leaving.size())));
                }
            }
            for (StreamClient client : leaving) {
                leave(random, client);
            }
            TestServers.awaitNothingOwned(hub);
            TestServers.awaitNothingScheduled(server);
            await().untilAsserted(() -> assertThat(hub.stats().opened())
                    .as("sluice.seed=%s", seed)
                    .isEqualTo(hub.stats().closed().values().stream()
                            .mapToLong(count -> count)
                            .sum())
                    .isGreaterThan(CLIENTS / 2));
            assertThat(hub.stats().closed().get(CloseReason.CLIENT_LEFT)
                            + hub.stats().closed().get(CloseReason.RESET))
                    .as("sluice.seed=%s, %s", seed, hub.stats().closed())
                    .isEqualTo(hub.stats().opened());
        }
    }

    private static StreamClient begin(Random random, ClientProtocol protocol, SseServer server) throws IOException {
        StreamClient client = protocol.get(server, random.nextBoolean() ? "/events/busy" : "/events/busy?replay=200");
        return switch (random.nextInt(3)) {
            case 0 -> client;
            case 1 -> client.awaitHead();
            default -> client.awaitStream();
        };
    }

    /** It reads nothing, so bytes wait for it when it leaves. */
    private static StreamClient beginSlowly(ClientProtocol protocol, SseServer server) throws IOException {
        return protocol.getSlowly(server, "/events/busy?replay=900");
    }

    private static void leave(Random random, StreamClient client) throws IOException {
        switch (random.nextInt(3)) {
            case 0 -> client.reset();
            case 1 -> client.leave();
            default -> {} // the end of the connection is the end of the stream
        }
        client.close();
    }
}
