package io.sluice.sse.redis;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/** A test class with one Redis for all of its tests. Each test has a hub of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OneRedis {

    RedisServer redis;
    Nodes nodes;

    @BeforeAll
    void startRedis() throws Exception {
        redis = RedisServer.redis();
    }

    @AfterAll
    void stopRedis() throws Exception {
        if (redis != null) {
            redis.close();
        }
    }

    @BeforeEach
    void beginHub() {
        nodes = new Nodes(redis.uri());
    }

    @AfterEach
    void closeNodes() throws Exception {
        nodes.close();
    }
}
