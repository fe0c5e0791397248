package io.sluice.sse.netty;

import io.sluice.sse.RejectionCounts;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The places that {@link StreamLimits} leave: taken before a stream opens, given back when it has ended. Thread-safe. Holds
 * an entry for an address or a key only while it has a stream.
 */
final class StreamPermits {

    private final StreamLimits limits;
    private final @Nullable AddressRates rates;
    private final AtomicInteger taken = new AtomicInteger();
    private final ConcurrentHashMap<Long, Integer> byAddress = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Object, Integer> byKey = new ConcurrentHashMap<>();
    /** One object for all streams, where no other limit needs to know whose place it was. */
    private final Runnable giveBack = taken::decrementAndGet;

    // Made once: at a limit they are thrown at whatever rate clients come.
    private final HttpStatusException full;
    private final HttpStatusException addressFull;
    private final HttpStatusException keyFull;

    /** @param retry when who is refused shall come back */
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
    }

    /**
     * Counts a request against the rate of its address.
     *
     * @throws HttpStatusException if it comes too early
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
     * Takes a place.
     *
     * @return gives it back; to be run once
     * @throws HttpStatusException if there is none; nothing is taken then
     */
    Runnable take(SseRequest request) {
        if (taken.incrementAndGet() > limits.total) {
            taken.decrementAndGet();
            throw full;
        }
        if (limits.perAddress == 0 && limits.perKey == 0) {
            return giveBack;
        }
        Place place = new Place();
        try {
            place.takeOfAddress(AddressKey.of(request.remoteAddress()));
            place.takeOfKey(limits.key == null ? null : limits.key.apply(request));
        } catch (Throwable t) {
            place.run();
            throw t;
        }
        return place;
    }

    /** How many are taken. */
    int taken() {
        return taken.get();
    }

    /** For how many addresses and keys there is an entry. */
    int entries() {
        return byAddress.size() + byKey.size();
    }

    private static <K> boolean take(ConcurrentHashMap<K, Integer> counts, K key, int most) {
        Integer before = counts.get(key);
        if (before != null && before >= most) {
            return false; // without a lock, and without a trace on the heap
        }
        boolean[] got = new boolean[1];
        counts.compute(key, (ignored, count) -> {
            int now = count == null ? 0 : count;
            got[0] = now < most;
            return got[0] ? now + 1 : now;
        });
        return got[0];
    }

    private static <K> void giveBack(ConcurrentHashMap<K, Integer> counts, K key) {
        counts.computeIfPresent(key, (ignored, count) -> count == 1 ? null : count - 1);
    }

    /** What one stream has taken: its place in all, and maybe one of its address and of its key. */
    private final class Place extends AtomicBoolean implements Runnable {

        private static final long serialVersionUID = 1L;

        private transient @Nullable Long address;
        private transient @Nullable Object key;

        void takeOfAddress(@Nullable Long wanted) {
            if (limits.perAddress == 0 || wanted == null) {
                return;
            }
            if (!take(byAddress, wanted, limits.perAddress)) {
                throw addressFull;
            }
            address = wanted;
        }

        void takeOfKey(@Nullable Object wanted) {
            if (wanted == null) {
                return;
            }
            if (!take(byKey, wanted, limits.perKey)) {
                throw keyFull;
            }
            key = wanted;
        }

        @Override
        public void run() {
            if (!compareAndSet(false, true)) {
                return;
            }
            taken.decrementAndGet();
            Long ofAddress = address;
            if (ofAddress != null) {
                giveBack(byAddress, ofAddress);
            }
            Object ofKey = key;
            if (ofKey != null) {
                giveBack(byKey, ofKey);
            }
        }
    }
}
