package io.sluice.sse.netty;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How many streams may be open, and how fast clients may open them. At a limit the server rejects a new stream in a way
 * that a browser's EventSource survives. It never evicts an open stream. Immutable; each method returns a copy with one
 * limit changed.
 *
 * <p>An address is an IPv4 address or the /64 network of an IPv6 address. After a proxy it is the client's address if
 * the proxy is trusted ({@link TrustedProxies}).
 */
public final class StreamLimits {

    static final int DEFAULT_MAX_STREAMS = 100_000;

    /** 100,000 streams in total, and no other limit. */
    public static final StreamLimits DEFAULT = new StreamLimits(DEFAULT_MAX_STREAMS, 0, 0, null, null);

    final int total;
    /** 0 is unlimited. */
    final int perAddress;
    /** 0 is unlimited. */
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

    /**
     * Limits the total of open streams; 0 rejects every stream.
     *
     * @throws IllegalArgumentException if it is not from 0 to 2<sup>31</sup> - 2
     */
    @CheckReturnValue
    public StreamLimits maxStreams(int max) {
        return new StreamLimits(
                Checks.inRange("maxStreams", max, 0, Integer.MAX_VALUE - 1), perAddress, perKey, key, connectRate);
    }

    /**
     * Limits the open streams of one address.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>31</sup> - 2
     */
    @CheckReturnValue
    public StreamLimits maxStreamsPerAddress(int max) {
        return new StreamLimits(
                total, Checks.inRange("maxStreamsPerAddress", max, 1, Integer.MAX_VALUE - 1), perKey, key, connectRate);
    }

    /**
     * Limits the open streams with the same key, for example of one user or tenant.
     *
     * @param newKey returns the key of a request, compared by {@code equals}, or null for a request without this limit.
     *     The server calls it on event loops, concurrently, before the route: it must be thread-safe and must not
     *     block. An exception is handled as if the route had thrown it.
     * @throws IllegalArgumentException if the maximum is not from 1 to 2<sup>31</sup> - 2
     */
    @CheckReturnValue
    public StreamLimits maxStreamsPerKey(int max, Function<? super SseRequest, ? extends @Nullable Object> newKey) {
        return new StreamLimits(
                total,
                perAddress,
                Checks.inRange("maxStreamsPerKey", max, 1, Integer.MAX_VALUE - 1),
                Objects.requireNonNull(newKey, "key"),
                connectRate);
    }

    /**
     * Limits the rate at which one address may request streams. A request that another limit rejects, such as
     * {@link #maxStreams}, still costs a token; a request that this rate rejects does not. The server tracks the
     * 100,000 addresses with the most recent requests; any other address starts with a full bucket.
     */
    @CheckReturnValue
    public StreamLimits connectRate(Rate perAddressRate) {
        return new StreamLimits(total, perAddress, perKey, key, Objects.requireNonNull(perAddressRate, "connectRate"));
    }
}
