package io.sluice.sse.netty;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import io.sluice.sse.netty.connection.AddressKey;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Applies one rate to each address, or to each principal. Each one that was seen recently has a token bucket. A bucket
 * expires when it has had the time to become full again, because a new bucket is full, too. Thread-safe.
 */
final class AddressRates {

    /** Above this number the least used addresses are evicted, so an attack from millions cannot fill the heap. */
    static final int MAX_ADDRESSES = 100_000;

    private final Rate rate;
    private final TimeMeter clock;
    private final Cache<Object, Bucket> buckets;

    AddressRates(Rate rate) {
        this(rate, TimeMeter.SYSTEM_NANOTIME);
    }

    AddressRates(Rate rate, TimeMeter clock) {
        this.rate = rate;
        this.clock = clock;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MAX_ADDRESSES)
                .expireAfterAccess(rate.timeToFill())
                .ticker(clock::currentTimeNanos)
                .executor(Runnable::run) // maintenance is short; it needs no thread of a pool
                .build();
    }

    /**
     * Takes a token.
     *
     * @return 0 if it was available; otherwise the nanoseconds until it is
     */
    long take(SocketAddress peer) {
        return takeFor(AddressKey.of(peer));
    }

    /** As {@link #take}, for any key; 0 if it is null. */
    long takeFor(@Nullable Object key) {
        if (key == null) {
            return 0;
        }
        ConsumptionProbe probe = buckets.get(key, this::newBucket).tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? 0 : Math.max(1, probe.getNanosToWaitForRefill());
    }

    /**
     * Takes no token.
     *
     * @return 0 if one is available; otherwise the nanoseconds until one is
     */
    long waitFor(SocketAddress peer) {
        Object key = AddressKey.of(peer);
        Bucket bucket = key == null ? null : buckets.getIfPresent(key);
        return bucket == null ? 0 : bucket.estimateAbilityToConsume(1).getNanosToWaitForRefill();
    }

    long size() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }

    private Bucket newBucket(Object key) {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(rate.burst()).refillGreedy(rate.count(), rate.per()))
                .withCustomTimePrecision(clock)
                .build();
    }
}
