package io.sluice.sse.redis;

import io.lettuce.core.RedisURI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The options of a backplane, as {@link RedisBackplane.Builder} has checked them.
 *
 * @param uri where Redis is
 * @param hub the name of the hub, which names the keys
 * @param node the name of this node
 * @param timeouts how long to wait
 * @param bounds how much to hold
 */
record RedisOptions(RedisURI uri, String hub, String node, Timeouts timeouts, Bounds bounds) {

    /**
     * How long to wait.
     *
     * @param command for an answer of Redis
     * @param away for Redis to come back, before a publication fails
     * @param start for Redis when a node begins, before it begins without it
     * @param chosenIds how long Redis remembers an id that a publisher chose
     */
    record Timeouts(Duration command, Duration away, Duration start, Duration chosenIds) {}

    /**
     * How much to hold.
     *
     * @param entries about how many entries the stream keeps
     * @param age about how long the stream keeps an entry; null for as long as their number allows
     * @param loaded how many of them a node reads when it begins
     * @param pendingEntries how many changes of this node may wait for their place
     * @param pendingBytes how many bytes they may have
     * @param entryBytes how large an entry may be
     */
    record Bounds(
            long entries, @Nullable Duration age, int loaded, int pendingEntries, long pendingBytes, int entryBytes) {}

    /** The stream. The braces keep all keys of a hub on one node of a Redis Cluster. */
    String streamKey() {
        return "sluice:{" + hub + "}";
    }

    /** The hash that describes the epoch of the stream. */
    String epochKey() {
        return streamKey() + ":epoch";
    }

    /** The key that remembers an id that a publisher chose. */
    String chosenIdKey(String id) {
        return streamKey() + ":id:" + id;
    }
}
