package io.sluice.sse.redis;

import static io.sluice.sse.redis.Nodes.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.XAddArgs;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Entries that no node can take over, and a stream that another program has changed. Nothing is lost silently. */
class RedisFaultyEntriesTest extends OneRedis {

    @Test
    void aChosenIdIsFreeAgainIfRedisRefusesTheEvent() {
        redis.commands().xadd(nodes.key, Map.of("v", "1")); // its id is a time, so no id of an epoch can follow
        String idKey = nodes.key + ":id:mine";
        assertThatThrownBy(() -> redis.commands()
                        .eval(
                                Scripts.APPEND,
                                ScriptOutputType.INTEGER,
                                new String[] {nodes.key, idKey},
                                "1-*",
                                "100",
                                "60000",
                                "1",
                                "t",
                                "1",
                                "2",
                                "v",
                                "1"))
                .isInstanceOf(RedisCommandExecutionException.class);
        assertThat(redis.commands().exists(idKey)).isZero();
    }

    @Test
    void anEntryWithANumberThatIsTooLargeIsRemovedAndAllClientsGetAGap() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        get(a.publish("t", Event.of("before")));
        addWithId("1-1099511627776", "bad");
        addWithId("1-1099511627777", "bad too");
        addWithId("2-0", "another epoch");
        awaitGap(a);
        get(a.publish("t", Event.of("after")));
        sink.await(() -> sink.data().contains("after"));
        assertThat(sink.gaps()).isNotEmpty();
        assertThat(sink.data()).containsSubsequence("before", "after").doesNotContain("bad", "bad too");
        RecordingSink atB = nodes.client(nodes.node(), StartPosition.replay(10), "t");
        atB.await(() -> atB.data().contains("after"));
    }

    /** As after a failover to another process and back, without a restart of either. */
    @Test
    void aStreamThatGoesBackWithinOneProcessIsAGap() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        get(a.publish("t", Event.of("before")));
        byte[] earlier = redis.commands().dump(nodes.key);
        get(a.publish("t", Event.of("taken back")));
        redis.commands().restore(nodes.key, earlier, RestoreArgs.Builder.ttl(0).replace());
        redis.commands().clientKill(KillArgs.Builder.typeNormal().skipme());
        awaitGap(a);
        get(a.publish("t", Event.of("after")));
        sink.await(() -> sink.data().contains("after"));
        assertThat(sink.gaps()).hasSize(1);
        assertThat(sink.data()).containsSubsequence("before", "taken back", "after");
    }

    private void addWithId(String id, String data) {
        redis.commands()
                .xadd(nodes.key, XAddArgs.Builder.nomkstream().id(id), Map.of("v", "1", "topic", "t", "data", data));
    }

    private static void awaitGap(Hub hub) {
        Awaitility.await("a gap")
                .pollInterval(Duration.ofMillis(5))
                .until(() -> hub.backplane().orElseThrow().gaps() > 0);
        Nodes.awaitAvailable(hub);
    }
}
