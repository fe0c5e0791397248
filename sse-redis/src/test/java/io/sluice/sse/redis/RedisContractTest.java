package io.sluice.sse.redis;

import io.sluice.sse.backplane.BackplaneContract;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, over two nodes and a real Redis. */
class RedisContractTest extends BackplaneContract {

    private static final AtomicInteger HUBS = new AtomicInteger();
    private static RedisServer redis;

    private final String name = "hub" + HUBS.incrementAndGet();

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

    @Override
    protected Hub newNode(Consumer<HubBuilder> options) {
        HubBuilder builder = Hub.builder()
                .backplane(RedisBackplane.builder(redis.uri(), name).build());
        options.accept(builder);
        return builder.build();
    }
}
