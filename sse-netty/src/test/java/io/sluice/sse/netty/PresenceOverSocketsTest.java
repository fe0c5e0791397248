package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Identity;
import io.sluice.sse.Observer;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.Presence;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Clients connect and leave in every way, over several event loops. Reported presence is correct, without ghosts.
 */
class PresenceOverSocketsTest {

    /** Tracks the members from the reported joins and leaves. */
    private static final class ReportedPresence implements Observer {
        final Set<String> members = new ConcurrentSkipListSet<>();
        final AtomicInteger wrong = new AtomicInteger();

        @Override
        public void joined(String principal, @Nullable String topic) {
            if (!members.add(principal + "@" + topic)) {
                wrong.incrementAndGet();
            }
        }

        @Override
        public void left(String principal, @Nullable String topic) {
            if (!members.remove(principal + "@" + topic)) {
                wrong.incrementAndGet();
            }
        }
    }

    private record Tab(String principal, RawClient client) {}

    @OverEachTransport
    void reportedPresenceIsCorrectAfterChurn(Transport transport) throws Exception {
        ReportedPresence reported = new ReportedPresence();
        Random random = new Random(7);
        try (Hub hub = Hub.builder()
                        .presence(Presence.of("rooms/*").withEvents("presence"))
                        .presence(Presence.ofHub())
                        .observer(reported)
                        .build();
                SseServer server = TestServers.on(transport)
                        .hub(hub)
                        .threads(3)
                        .streams(
                                "/events/**",
                                request -> StreamRoute.anyTopics()
                                        .open(request)
                                        .identity(Identity.of(Objects.requireNonNull(request.query("name")))))
                        .start()) {
            List<Tab> tabs = new ArrayList<>();
            for (int step = 0; step < 150; step++) {
                if (tabs.size() < 12 && random.nextInt(3) > 0) {
                    String name = "p" + random.nextInt(5);
                    tabs.add(new Tab(
                            name,
                            RawClient.open(server.port(), "/events/rooms/7?topic=presence/rooms/7&name=" + name)));
                } else if (!tabs.isEmpty()) {
                    Tab leaving = tabs.remove(random.nextInt(tabs.size()));
                    if (random.nextBoolean()) {
                        leaving.client.reset();
                    }
                    leaving.client.close();
                }
            }
            Set<String> expected = new TreeSet<>();
            tabs.forEach(tab -> {
                expected.add(tab.principal + "@rooms/7");
                expected.add(tab.principal + "@null");
            });
            await().untilAsserted(() -> assertThat(reported.members).containsExactlyElementsOf(expected));
            assertThat(hub.members("rooms/7")).isEqualTo(hub.members());
            for (Tab tab : tabs) {
                tab.client.close();
            }
            await().untilAsserted(() -> assertThat(reported.members).isEmpty());
            assertThat(reported.wrong).hasValue(0);
            assertThat(hub.members()).isEmpty();
            assertThat(hub.members("rooms/7")).isEmpty();
        }
    }
}
