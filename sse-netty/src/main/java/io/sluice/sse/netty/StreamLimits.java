package io.sluice.sse.netty;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How many streams may be open, and how fast clients may open them. At a limit the server rejects a new stream in a way
 * that a browser's EventSource survives. It never evicts an open stream, unless {@link AtLimit#END_OLDEST} is chosen.
 * Immutable; each method returns a copy with one limit changed.
 *
 * <p>An address is an IPv4 address or the /64 network of an IPv6 address. After a proxy it is the client's address if
 * the proxy is trusted ({@link TrustedProxies}).
 */
public final class StreamLimits {

    static final int DEFAULT_MAX_STREAMS = 100_000;

    /** 100,000 streams in total, and no other limit. */
    public static final StreamLimits DEFAULT = new StreamLimits(new Values());

    /** What happens to a new stream when its principal has its maximum of streams. */
    public enum AtLimit {
        /** The new stream is rejected with status 429, and the client may retry. */
        REJECT,
        /**
         * The oldest stream of the principal ends for good, with the reason {@code replaced}, and the new one opens. So
         * a device whose network has changed need not wait for the end of its lost connection. The client of the ended
         * stream is told not to reconnect, as it would end the new one.
         */
        END_OLDEST
    }

    final int total;
    /** 0 is unlimited. */
    final int perAddress;
    /** 0 is unlimited. */
    final int perKey;
    /** 0 is unlimited. */
    final int perPrincipal;

    final AtLimit atPrincipalLimit;
    final @Nullable Function<? super SseRequest, ? extends @Nullable Object> key;
    final @Nullable Rate connectRate;

    /** The values of limits that are about to be made; at first the defaults. */
    private static final class Values {
        private int total = DEFAULT_MAX_STREAMS;
        private int perAddress;
        private int perKey;
        private int perPrincipal;
        private AtLimit atPrincipalLimit = AtLimit.REJECT;
        private @Nullable Function<? super SseRequest, ? extends @Nullable Object> key;
        private @Nullable Rate connectRate;
    }

    private StreamLimits(Values values) {
        this.total = values.total;
        this.perAddress = values.perAddress;
        this.perKey = values.perKey;
        this.perPrincipal = values.perPrincipal;
        this.atPrincipalLimit = values.atPrincipalLimit;
        this.key = values.key;
        this.connectRate = values.connectRate;
    }

    private StreamLimits with(Consumer<Values> change) {
        Values values = new Values();
        values.total = total;
        values.perAddress = perAddress;
        values.perKey = perKey;
        values.perPrincipal = perPrincipal;
        values.atPrincipalLimit = atPrincipalLimit;
        values.key = key;
        values.connectRate = connectRate;
        change.accept(values);
        return new StreamLimits(values);
    }

    /**
     * Limits the total of open streams; 0 rejects every stream.
     *
     * @throws IllegalArgumentException if it is not from 0 to 2<sup>31</sup> - 2
     */
    @CheckReturnValue
    public StreamLimits maxStreams(int max) {
        return with(values -> values.total = Checks.inRange("maxStreams", max, 0, Integer.MAX_VALUE - 1));
    }

    /**
     * Limits the open streams of one address.
     *
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>31</sup> - 2
     */
    @CheckReturnValue
    public StreamLimits maxStreamsPerAddress(int max) {
        return with(
                values -> values.perAddress = Checks.inRange("maxStreamsPerAddress", max, 1, Integer.MAX_VALUE - 1));
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
        Objects.requireNonNull(newKey, "key");
        return with(values -> {
            values.perKey = Checks.inRange("maxStreamsPerKey", max, 1, Integer.MAX_VALUE - 1);
            values.key = newKey;
        });
    }

    /**
     * Limits the open streams of one principal, as the {@link Authenticator} of the server determines it. Clients
     * without a principal have no such limit.
     *
     * <p>With a backplane the streams at all nodes of the hub count. A node learns of a stream elsewhere after a round
     * trip, and those of a node that was killed count until the {@linkplain
     * io.sluice.sse.hub.HubBuilder#presenceExpiry expiry}. While the backplane is away each node counts its own.
     *
     * @param atLimit what happens to a stream above the limit
     * @throws IllegalArgumentException if it is not from 1 to 2<sup>31</sup> - 2
     */
    @CheckReturnValue
    public StreamLimits maxStreamsPerPrincipal(int max, AtLimit atLimit) {
        Objects.requireNonNull(atLimit, "atLimit");
        return with(values -> {
            values.perPrincipal = Checks.inRange("maxStreamsPerPrincipal", max, 1, Integer.MAX_VALUE - 1);
            values.atPrincipalLimit = atLimit;
        });
    }

    /**
     * Limits the rate at which one address may request streams. A request that another limit rejects, such as
     * {@link #maxStreams}, still costs a token; a request that this rate rejects does not. The server tracks the
     * 100,000 addresses with the most recent requests; any other address starts with a full bucket.
     */
    @CheckReturnValue
    public StreamLimits connectRate(Rate perAddressRate) {
        Objects.requireNonNull(perAddressRate, "connectRate");
        return with(values -> values.connectRate = perAddressRate);
    }
}
