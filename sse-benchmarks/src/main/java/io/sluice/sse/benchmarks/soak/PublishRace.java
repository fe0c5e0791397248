package io.sluice.sse.benchmarks.soak;

import io.lettuce.core.RedisClient;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.redis.RedisBackplane;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How many publications per second a hub with a backplane of Redis reaches, and how many a bare {@code XADD} of the
 * same fields over a connection of Lettuce. One thread publishes; a fixed number of publications is under way. The hub
 * reads each of its events back, which the bare connection does not.
 */
final class PublishRace implements AutoCloseable {

    private static final String TOPIC = "load";
    private static final String HUB = "race";
    private static final String BARE_STREAM = "bare";
    private static final long STREAM_ENTRIES = 100_000;
    /** As long as the publisher and number that a hub adds. */
    private static final byte[] NUMBERED = ascii("a~1y2p0ij32e8e7:1000000");

    private final Hub hub;
    private final RedisClient client;
    private final StatefulRedisConnection<String, byte[]> connection;
    private final int count;
    private final int window;
    private final Event event;
    private final byte[] data;

    /**
     * @param count publications in a round
     * @param window how many are under way
     * @param size bytes of an event
     */
    PublishRace(RedisProcess redis, int count, int window, int size) {
        this.count = count;
        this.window = window;
        String text = "x".repeat(size);
        event = Event.of(text);
        data = ascii(text);
        hub = Hub.builder()
                .backplane(RedisBackplane.builder(redis.uri(), HUB).node("a").build())
                .build();
        Pace.await(
                () -> hub.backplane().orElseThrow().unavailable() == null,
                Duration.ofSeconds(30),
                "connection of the hub to Redis");
        client = RedisClient.create(redis.uri());
        connection = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
        connection.sync().xadd(BARE_STREAM, new XAddArgs().id("1-0"), "v", ascii("1"));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** @return publications per second of a round through the hub */
    double hub() throws InterruptedException {
        return run(() -> hub.publish(TOPIC, event));
    }

    /** @return entries per second of a round of bare commands */
    double bare() throws InterruptedException {
        XAddArgs arguments =
                new XAddArgs().id("1-*").nomkstream().maxlen(STREAM_ENTRIES).approximateTrimming();
        return run(() -> connection
                .async()
                .xadd(
                        BARE_STREAM,
                        arguments,
                        "v",
                        ascii("1"),
                        "n",
                        NUMBERED,
                        "t",
                        ascii(Long.toString(System.currentTimeMillis())),
                        "topic",
                        ascii(TOPIC),
                        "data",
                        data));
    }

    private double run(Supplier<CompletionStage<?>> publish) throws InterruptedException {
        Semaphore room = new Semaphore(window);
        AtomicLong failures = new AtomicLong();
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            room.acquire();
            publish.get().whenComplete((done, failure) -> completed(failure, failures, room));
        }
        room.acquire(window);
        long took = System.nanoTime() - begin;
        if (failures.get() > 0) {
            throw new IllegalStateException(failures + " of " + count + " publications have failed");
        }
        return count * 1e9 / took;
    }

    private static void completed(@Nullable Throwable failure, AtomicLong failures, Semaphore room) {
        if (failure != null) {
            failures.incrementAndGet();
        }
        room.release();
    }

    @Override
    public void close() {
        hub.close();
        client.shutdown(0, 1, TimeUnit.SECONDS);
    }
}
