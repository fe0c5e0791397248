package io.sluice.sse.netty;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How many streams there may be, and how fast they may come. Above a limit the newcomer is refused, in a way that a
 * browser's EventSource survives, and nobody who is there is evicted. Immutable; each method gives limits with one more.
 *
 * <p>An address is an IPv4 address or the /64 network of an IPv6 address. Behind a proxy it is the client's, if the proxy
 * is trusted to say so ({@link TrustedProxies}).
 */
public final class StreamLimits {

    /** 100,000 streams in all, and no other limit. */
    public static final StreamLimits DEFAULT = new StreamLimits(100_000, 0, 0, null, null);

    final int total;
    /** 0 is off. */
    final int perAddress;
    /** 0 is off. */
    final int perKey;

    final @Nullable Function<? super SseRequest, ? extends @Nullable Object> key;
    final @Nullable Rate connectRate;

    private StreamLimits(
            int total,
            int perAddress,
            int perKey,
            @Nullable Function<? super SseRequest, ? extends @Nullable Object> key,
            @Nullable Rate connectRate) {
        this.total = total;
        this.perAddress = perAddress;
        this.perKey = perKey;
        this.key = key;
        this.connectRate = connectRate;
    }

    /** The most streams at a time in all; 0 refuses everybody. */
    public StreamLimits maxStreams(int most) {
        return new StreamLimits(
                Checks.inRange("maxStreams", most, 0, Integer.MAX_VALUE - 1), perAddress, perKey, key, connectRate);
    }

    /** The most streams at a time from one address. */
    public StreamLimits maxStreamsPerAddress(int most) {
        return new StreamLimits(
                total,
                Checks.inRange("maxStreamsPerAddress", most, 1, Integer.MAX_VALUE - 1),
                perKey,
                key,
                connectRate);
    }

    /**
     * The most streams at a time with the same key: a user, say, or a tenant.
     *
     * @param newKey gives a request's key, to be compared by {@code equals}, or null for one without this limit. Called
     *     on event loops, for many requests at once, before the route: it must be thread-safe and must not block. What it
     *     throws is answered as if the route had thrown it.
     */
    public StreamLimits maxStreamsPerKey(int most, Function<? super SseRequest, ? extends @Nullable Object> newKey) {
        return new StreamLimits(
                total,
                perAddress,
                Checks.inRange("maxStreamsPerKey", most, 1, Integer.MAX_VALUE - 1),
                Objects.requireNonNull(newKey, "key"),
                connectRate);
    }

    /**
     * How often one address may ask for a stream. One that is refused for another reason, such as {@link #maxStreams}, has
     * cost a token too; one that this rate refuses has not. The 100,000 addresses that asked most
     * lately are known; others begin with a full measure.
     */
    public StreamLimits connectRate(Rate perAddressRate) {
        return new StreamLimits(total, perAddress, perKey, key, Objects.requireNonNull(perAddressRate, "connectRate"));
    }
}
