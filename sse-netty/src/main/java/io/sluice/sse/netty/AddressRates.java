package io.sluice.sse.netty;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.net.SocketAddress;

/**
 * One rate for each address: a bucket of tokens for each that was seen lately. A bucket that was left alone until it is
 * full again is forgotten, as that makes no difference. Thread-safe.
 */
final class AddressRates {

    /** Past as many addresses the least used are forgotten, and begin anew: who comes from millions cannot fill the heap. */
    static final int MAX_ADDRESSES = 100_000;

    private final Rate rate;
    private final TimeMeter clock;
    private final Cache<Long, Bucket> buckets;

    AddressRates(Rate rate) {
        this(rate, TimeMeter.SYSTEM_NANOTIME);
    }

    AddressRates(Rate rate, TimeMeter clock) {
        this.rate = rate;
        this.clock = clock;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MAX_ADDRESSES)
                .expireAfterAccess(rate.per())
                .ticker(clock::currentTimeNanos)
                .executor(Runnable::run) // its upkeep is short, and threads of others need not be woken for it
                .build();
    }

    /** Takes a token. @return 0, or how many nanoseconds are left until there is one */
    long take(SocketAddress peer) {
        Long key = AddressKey.of(peer);
        if (key == null) {
            return 0;
        }
        ConsumptionProbe probe = buckets.get(key, this::newBucket).tryConsumeAndReturnRemaining(1);
        return probe.isConsumed() ? 0 : Math.max(1, probe.getNanosToWaitForRefill());
    }

    long size() {
        buckets.cleanUp();
        return buckets.estimatedSize();
    }

    private Bucket newBucket(Long key) {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(rate.count()).refillGreedy(rate.count(), rate.per()))
                .withCustomTimePrecision(clock)
                .build();
    }
}
