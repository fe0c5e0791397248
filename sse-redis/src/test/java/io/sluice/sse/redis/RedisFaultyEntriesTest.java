package io.sluice.sse.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Entries that no node can take over, and a stream that another program has changed. Nothing is lost silently. */
class RedisFaultyEntriesTest {

    private static RedisServer redis;

    private Nodes nodes;

    @BeforeAll
    static void start() throws Exception {
        redis = RedisServer.redis();
    }

    @AfterAll
    static void stop() throws Exception {
        if (redis != null) {
            redis.close();
        }
    }

    @BeforeEach
    void begin() {
        nodes = new Nodes(redis.uri());
    }

    @AfterEach
    void close() throws Exception {
        nodes.close();
    }

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
}
