package io.sluice.sse.netty;

import io.sluice.sse.CloseReason;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.connection.AddressKey;
import io.sluice.sse.netty.stream.ChannelSink;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The permits that {@link StreamLimits} allow. A stream acquires one before it opens and releases it after it has
 * ended. An address or a key has an entry only while it has a stream. Thread-safe.
 */
final class StreamPermits {

    private final StreamLimits limits;
    private final @Nullable AddressRates rates;
    private final AtomicInteger acquired = new AtomicInteger();
    private final ConcurrentHashMap<Long, Integer> byAddress = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Object, Integer> byKey = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, ArrayDeque<Permit>> byPrincipal = new ConcurrentHashMap<>();
    /** One object for all streams if only the total is limited. */
    private final Runnable releaseTotal = acquired::decrementAndGet;

    // Created once, because at a limit they are thrown at the rate at which clients connect.
    private final HttpStatusException full;
    private final HttpStatusException addressFull;
    private final HttpStatusException keyFull;
    private final HttpStatusException principalFull;

    /** @param retry how long a rejected client should wait */
    StreamPermits(StreamLimits limits, Duration retry) {
        this.limits = limits;
        this.rates = limits.connectRate == null ? null : new AddressRates(limits.connectRate);
        this.full = HttpStatusException.limit(
                RejectionCounts.Kind.STREAMS, 503, "the server has its maximum of " + limits.total + " streams", retry);
        this.addressFull = HttpStatusException.limit(
                RejectionCounts.Kind.STREAMS_PER_ADDRESS,
                429,
                "this address has its maximum of " + limits.perAddress + " streams",
                retry);
        this.keyFull = HttpStatusException.limit(
                RejectionCounts.Kind.STREAMS_PER_KEY,
                429,
                "there are " + limits.perKey + " streams of this key",
                retry);
        this.principalFull = HttpStatusException.limit(
                RejectionCounts.Kind.STREAMS_PER_PRINCIPAL,
                429,
                "this user has the maximum of " + limits.perPrincipal + " streams",
                retry);
    }

    /**
     * Counts a request against the rate of its address.
     *
     * @throws HttpStatusException if the address exceeds its rate
     */
    void checkRate(SocketAddress client) {
        if (rates == null) {
            return;
        }
        long wait = rates.take(client);
        if (wait > 0) {
            throw HttpStatusException.rate(
                    RejectionCounts.Kind.CONNECT_RATE, "this address asks for streams too often", wait);
        }
    }

    /**
     * Acquires a permit.
     *
     * @return releases the permit; to be run exactly once
     * @throws HttpStatusException if a limit is reached; nothing is acquired then
     */
    Runnable acquire(SseRequest request) {
        if (acquired.incrementAndGet() > limits.total) {
            acquired.decrementAndGet();
            throw full;
        }
        if (limits.perAddress == 0 && limits.perKey == 0 && limits.perPrincipal == 0) {
            return releaseTotal;
        }
        Permit permit = new Permit();
        try {
            permit.acquireForAddress(AddressKey.of(request.remoteAddress()));
            permit.acquireForKey(limits.key == null ? null : limits.key.apply(request));
            permit.acquireForPrincipal(request.identity().principal());
        } catch (Throwable t) {
            permit.run();
            throw t;
        }
        return permit;
    }

    /** The stream of a permit is open. The oldest stream of its principal may have to end for it. */
    void opened(Runnable acquiredPermit, ChannelSink sink) {
        if (acquiredPermit instanceof Permit permit && permit.principal != null) {
            permit.opened(permit.principal, sink);
        }
    }

    /** How many permits are acquired. */
    int acquired() {
        return acquired.get();
    }

    /** How many addresses, keys and principals have an entry. */
    int entries() {
        return byAddress.size() + byKey.size() + byPrincipal.size();
    }

    private static <K> boolean tryAcquire(ConcurrentHashMap<K, Integer> counts, K key, int max) {
        Integer before = counts.get(key);
        if (before != null && before >= max) {
            return false; // without a lock or an allocation
        }
        boolean[] acquired = new boolean[1];
        counts.compute(key, (ignored, count) -> {
            int now = count == null ? 0 : count;
            acquired[0] = now < max;
            return acquired[0] ? now + 1 : now;
        });
        return acquired[0];
    }

    private static <K> void release(ConcurrentHashMap<K, Integer> counts, K key) {
        counts.computeIfPresent(key, (ignored, count) -> count == 1 ? null : count - 1);
    }

    /**
     * The permit of one stream: one of the total, and where limits apply one of its address, one of its key and one of
     * its principal.
     */
    private final class Permit extends AtomicBoolean implements Runnable {

        private static final long serialVersionUID = 1L;

        private transient @Nullable Long address;
        private transient @Nullable Object key;
        private transient @Nullable String principal;
        /** Null until the stream is open. Guarded by the entry of the principal. */
        private transient @Nullable ChannelSink sink;

        void acquireForAddress(@Nullable Long wanted) {
            if (limits.perAddress == 0 || wanted == null) {
                return;
            }
            if (!tryAcquire(byAddress, wanted, limits.perAddress)) {
                throw addressFull;
            }
            address = wanted;
        }

        void acquireForKey(@Nullable Object wanted) {
            if (wanted == null) {
                return;
            }
            if (!tryAcquire(byKey, wanted, limits.perKey)) {
                throw keyFull;
            }
            key = wanted;
        }

        /**
         * If the oldest stream gives way to the newest, it does so when that opens. Until then the request counts above
         * the limit, since it may still be rejected. As many may wait as there may be streams.
         */
        void acquireForPrincipal(@Nullable String wanted) {
            if (limits.perPrincipal == 0 || wanted == null) {
                return;
            }
            long most = limits.atPrincipalLimit == StreamLimits.AtLimit.REJECT
                    ? limits.perPrincipal
                    : 2L * limits.perPrincipal;
            byPrincipal.compute(wanted, (ignored, present) -> {
                ArrayDeque<Permit> permits = present == null ? new ArrayDeque<>(2) : present;
                if (permits.size() >= most) {
                    throw principalFull; // nothing has changed
                }
                permits.add(this);
                return permits;
            });
            principal = wanted;
        }

        /**
         * The stream is open. Streams count in the order of their requests: a client may have its first block, and open
         * another stream, before this call.
         */
        private void opened(String ofPrincipal, ChannelSink newSink) {
            @Nullable ChannelSink[] replaced = new ChannelSink[1];
            byPrincipal.computeIfPresent(ofPrincipal, (ignored, permits) -> {
                if (!permits.contains(this)) {
                    return permits; // it has closed already
                }
                sink = newSink;
                long open =
                        permits.stream().filter(permit -> permit.sink != null).count();
                if (open > limits.perPrincipal) {
                    replaced[0] = removeOldest(permits);
                }
                return permits;
            });
            if (replaced[0] != null) {
                replaced[0].complete(CloseReason.REPLACED);
            }
        }

        /** Removes the permit of the open stream with the oldest request. */
        private static @Nullable ChannelSink removeOldest(ArrayDeque<Permit> permits) {
            for (Permit permit : permits) {
                ChannelSink oldest = permit.sink;
                if (oldest != null) {
                    permits.remove(permit);
                    return oldest;
                }
            }
            return null;
        }

        /** Releases the permit. Further calls have no effect. */
        @Override
        public void run() {
            if (!compareAndSet(false, true)) {
                return;
            }
            acquired.decrementAndGet();
            Long ownAddress = address;
            if (ownAddress != null) {
                release(byAddress, ownAddress);
            }
            Object ownKey = key;
            if (ownKey != null) {
                release(byKey, ownKey);
            }
            String ownPrincipal = principal;
            if (ownPrincipal != null) {
                byPrincipal.computeIfPresent(ownPrincipal, (ignored, permits) -> {
                    permits.remove(this);
                    return permits.isEmpty() ? null : permits;
                });
            }
        }
    }
}
