package io.sluice.sse.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.XAddArgs;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.Presence;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Presence over the nodes of a real Redis. */
class RedisPresenceTest extends OneRedis {

    private final List<RecordingSink> sinks = new ArrayList<>();

    @AfterEach
    void closeSinks() {
        sinks.forEach(RecordingSink::close);
    }

    @Test
    void theClientsOfANodeThatIsGoneLeave() throws Exception {
        Duration expiry = Duration.ofMillis(600);
        Hub a = node(expiry);
        Hub b = node(expiry);
        String odd = "ann smith\n\u00fc%&+";
        sinks.add(client(a, odd, "rooms/1"));
        sinks.add(client(b, "bob", "rooms/1"));
        awaitMembers(a, odd, "bob");
        awaitMembers(b, odd, "bob");
        // What a node has left behind that was killed: it reports nothing any more.
        add("joined", "rooms%2F1 ghost");
        add("state", "rooms%2F1 ghost\nrooms%2F1 ghost2");
        awaitMembers(b, odd, "bob", "ghost", "ghost2");
        awaitMembers(b, odd, "bob");
        awaitMembers(node(expiry), odd, "bob");
        add("nonsense", "x y");
        add("joined", "no-principal");
        Awaitility.await().until(() -> b.backplane().orElseThrow().skipped() == 2);
        assertThat(b.members("rooms/1")).containsExactlyInAnyOrder(odd, "bob");
    }

    @Test
    void theClientsOfANodeThatClosesLeaveAtOnce() {
        Duration expiry = Duration.ofMinutes(10);
        Hub a = node(expiry);
        Hub b = node(expiry);
        sinks.add(client(a, "ann", "rooms/1"));
        sinks.add(client(b, "bob", "rooms/1"));
        awaitMembers(b, "ann", "bob");
        a.close();
        awaitMembers(b, "bob");
    }

    private Hub node(Duration expiry) {
        return nodes.node(
                options -> {},
                hub -> hub.presence(Presence.of("rooms/*").withEvents("presence"))
                        .presenceExpiry(expiry));
    }

    private static RecordingSink client(Hub hub, String principal, String topic) {
        return RecordingSink.subscribe(hub, Identity.of(principal), Selector.of(topic), StartPosition.live());
    }

    private static void awaitMembers(Hub hub, String... principals) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> hub.members("rooms/1").equals(Set.of(principals)));
    }

    private void add(String kind, String members) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("v", "1");
        fields.put("presence", kind);
        fields.put("node", "killed");
        fields.put("members", members);
        redis.commands().xadd(nodes.key, XAddArgs.Builder.nomkstream().id("1-*"), fields);
    }
}
