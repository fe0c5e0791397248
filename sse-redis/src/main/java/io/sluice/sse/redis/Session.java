package io.sluice.sse.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Three connections to one Redis process: one blocks while it reads, one writes, and one reads pages of the past, which
 * are large and must not delay the other two. A session never connects again: after any failure the next one takes its
 * place, so that no command is sent twice. Thread-safe.
 */
final class Session implements AutoCloseable {

    private final StatefulRedisConnection<String, byte[]> readConnection;
    private final StatefulRedisConnection<String, byte[]> writeConnection;
    private final StatefulRedisConnection<String, byte[]> pageConnection;

    /** The epoch to which events are added. */
    private volatile long epoch;

    private volatile @Nullable String failure;

    Session(
            StatefulRedisConnection<String, byte[]> readConnection,
            StatefulRedisConnection<String, byte[]> writeConnection,
            StatefulRedisConnection<String, byte[]> pageConnection) {
        this.readConnection = readConnection;
        this.writeConnection = writeConnection;
        this.pageConnection = pageConnection;
    }

    RedisAsyncCommands<String, byte[]> reads() {
        return readConnection.async();
    }

    RedisAsyncCommands<String, byte[]> writes() {
        return writeConnection.async();
    }

    RedisAsyncCommands<String, byte[]> pages() {
        return pageConnection.async();
    }

    long epoch() {
        return epoch;
    }

    void setEpoch(long newEpoch) {
        epoch = newEpoch;
    }

    /** The session is of no use any more. The first reason counts. Any thread. */
    void fail(String reason) {
        if (failure == null) {
            failure = reason;
        }
    }

    /** Why the session is of no use any more; null while it is. */
    @Nullable
    String failure() {
        boolean isOpen = readConnection.isOpen() && writeConnection.isOpen() && pageConnection.isOpen();
        if (failure == null && !isOpen) {
            return "the connection was closed";
        }
        return failure;
    }

    @Override
    public void close() {
        CompletableFuture.allOf(readConnection.closeAsync(), writeConnection.closeAsync(), pageConnection.closeAsync())
                .completeOnTimeout(null, 1, TimeUnit.SECONDS)
                .exceptionally(failure -> null) // nothing uses them any more
                .join();
    }
}
