package io.sluice.sse.netty;

import io.sluice.sse.CloseReason;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.lane.PrincipalStreams;
import io.sluice.sse.netty.connection.AddressKey;
import io.sluice.sse.netty.stream.ChannelSink;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The permits that {@link StreamLimits} allow. A stream acquires one before it opens and releases it after it has
 * ended. An address or a key has an entry only while it has a stream. Thread-safe.
 */
final class StreamPermits {

    private final StreamLimits limits;
    private final @Nullable AddressRates rates;
    /** The streams at other nodes; null without a backplane, or without a limit that needs them. */
    private final @Nullable PrincipalStreams elsewhere;
    /** Held weakly by the hub. */
    private final Consumer<String> openedElsewhere = this::endExcess;

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

    /**
     * @param retry how long a rejected client should wait
     * @param elsewhere the streams at other nodes, which count for the limit of a principal
     */
    StreamPermits(StreamLimits limits, Duration retry, @Nullable PrincipalStreams elsewhere) {
        this.limits = limits;
        this.elsewhere = elsewhere;
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
        if (elsewhere != null && limits.atPrincipalLimit == StreamLimits.AtLimit.END_OLDEST) {
            elsewhere.onOpenedElsewhere(openedElsewhere);
        }
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

    /** Ends the streams here that are among the oldest ones above the limit. */
    private void endExcess(String principal) {
        List<ChannelSink> replaced = new ArrayList<>(0);
        byPrincipal.computeIfPresent(principal, (ignored, permits) -> {
            removeExcess(principal, permits, replaced);
            return permits.isEmpty() ? null : permits;
        });
        replaced.forEach(sink -> sink.complete(CloseReason.REPLACED));
    }

    /** Every node removes those of its own, and all nodes have the same order. */
    private void removeExcess(String principal, ArrayDeque<Permit> permits, List<ChannelSink> into) {
        while (true) {
            Permit oldest = null;
            int open = 0;
            for (Permit permit : permits) {
                oldest = oldest == null && permit.sink != null ? permit : oldest;
                open += permit.sink == null ? 0 : 1;
            }
            ChannelSink sink = oldest == null ? null : oldest.sink;
            if (oldest == null || sink == null) {
                return;
            }
            int others = elsewhere == null ? 0 : elsewhere.elsewhere(principal);
            int older = elsewhere == null ? 0 : elsewhere.elsewhereBefore(principal, oldest.place);
            if (older >= (long) open + others - limits.perPrincipal) {
                return;
            }
            permits.remove(oldest);
            into.add(sink);
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
        /** In the order of the streams of the principal at all nodes. */
        private transient String place = "";
        /** Whether the other nodes know of the stream. Guarded by the entry of the principal. */
        private boolean isReported;

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
            int others = elsewhere == null || limits.atPrincipalLimit != StreamLimits.AtLimit.REJECT
                    ? 0
                    : elsewhere.elsewhere(wanted);
            byPrincipal.compute(wanted, (ignored, present) -> {
                ArrayDeque<Permit> permits = present == null ? new ArrayDeque<>(2) : present;
                if ((long) permits.size() + others >= most) {
                    throw principalFull; // nothing has changed
                }
                place = elsewhere == null ? "" : elsewhere.newPlace(wanted);
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
            List<ChannelSink> replaced = new ArrayList<>(0);
            byPrincipal.computeIfPresent(ofPrincipal, (ignored, permits) -> {
                if (!permits.contains(this)) {
                    return permits; // it has closed already
                }
                sink = newSink;
                if (elsewhere != null) {
                    elsewhere.opened(ofPrincipal, place);
                    isReported = true;
                }
                removeExcess(ofPrincipal, permits, replaced);
                return permits.isEmpty() ? null : permits;
            });
            replaced.forEach(each -> each.complete(CloseReason.REPLACED));
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
                byPrincipal.compute(ownPrincipal, (ignored, permits) -> {
                    if (elsewhere != null && isReported) {
                        isReported = false;
                        elsewhere.closed(ownPrincipal, place);
                    }
                    if (permits == null) {
                        return null; // this one gave way to a newer one
                    }
                    permits.remove(this);
                    return permits.isEmpty() ? null : permits;
                });
            }
        }
    }
}
