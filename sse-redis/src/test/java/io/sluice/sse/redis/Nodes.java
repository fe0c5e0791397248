package io.sluice.sse.redis;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** The nodes of one hub and their clients. All of them are closed at the end of a test. */
final class Nodes implements AutoCloseable {

    private static final AtomicInteger HUBS = new AtomicInteger();

    final String name = "test" + HUBS.incrementAndGet();
    final String key = "sluice:{" + name + "}";
    private final String uri;
    private final List<AutoCloseable> toClose = new ArrayList<>();

    Nodes(String uri) {
        this.uri = uri;
    }

    /** A node that notices quickly that Redis is away. */
    Hub node() {
        return node(options -> {}, hub -> {});
    }

    Hub node(Consumer<RedisBackplane.Builder> options, Consumer<HubBuilder> hubOptions) {
        RedisBackplane.Builder backplane = RedisBackplane.builder(uri, name).commandTimeout(Duration.ofSeconds(1));
        options.accept(backplane);
        HubBuilder builder = Hub.builder().backplane(backplane.build());
        hubOptions.accept(builder);
        Hub hub = builder.build();
        toClose.add(0, hub);
        return hub;
    }

    RecordingSink client(Hub hub, StartPosition start, String... topics) {
        RecordingSink sink = RecordingSink.subscribe(hub, Selector.of(topics), start);
        toClose.add(0, sink);
        return sink;
    }

    RecordingSink client(Hub hub, String topic) {
        return client(hub, StartPosition.live(), topic);
    }

    static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    static boolean isAvailable(Hub hub) {
        return hub.backplane().orElseThrow().unavailable() == null;
    }

    static void awaitAvailable(Hub... hubs) {
        for (Hub hub : hubs) {
            Awaitility.await("Redis is back")
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> isAvailable(hub));
        }
    }

    static void awaitAway(Hub... hubs) {
        for (Hub hub : hubs) {
            Awaitility.await("Redis is away")
                    .atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> !isAvailable(hub));
        }
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }
}
