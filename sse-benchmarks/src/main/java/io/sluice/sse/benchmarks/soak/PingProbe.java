package io.sluice.sse.benchmarks.soak;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Measures round trips to Redis while a round runs, on a thread and a connection of its own. */
final class PingProbe implements AutoCloseable {

    private static final Duration BETWEEN = Duration.ofMillis(5);

    private final RedisClient client;
    private final Histogram nanos = new Histogram(3);
    private final Thread thread;
    private volatile boolean stopped;

    PingProbe(RedisProcess redis) {
        client = RedisClient.create(redis.uri());
        StatefulRedisConnection<String, String> connection = client.connect();
        thread = new Thread(() -> run(connection), "pings");
        thread.setDaemon(true);
        thread.start();
    }

    private void run(StatefulRedisConnection<String, String> connection) {
        while (!stopped) {
            long begin = System.nanoTime();
            connection.sync().ping();
            nanos.recordValue(System.nanoTime() - begin);
            Pace.pause(BETWEEN);
        }
    }

    /** Ends the probe. @return the durations of all round trips */
    Histogram stop() throws InterruptedException {
        stopped = true;
        thread.join();
        return nanos;
    }

    @Override
    public void close() {
        stopped = true;
        client.shutdown(0, 1, TimeUnit.SECONDS);
    }
}
