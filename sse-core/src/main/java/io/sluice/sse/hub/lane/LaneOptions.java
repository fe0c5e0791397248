package io.sluice.sse.hub.lane;

import io.sluice.sse.Event;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the streams of a transport are kept alive, and how its lanes are watched. Each {@code with…} returns a copy and
 * checks the value: an {@link IllegalArgumentException} names the option, its value and the values that are expected.
 * Immutable.
 */
public final class LaneOptions {

    private static final Duration LONGEST = Duration.ofDays(365);
    /** Streams that end sooner would spend most of their time on reconnecting. */
    private static final Duration SHORTEST_LIFETIME = Duration.ofSeconds(1);

    /**
     * A heartbeat after 15 s of silence, a reconnection time of 3 s without jitter, a write timeout of 30 s, no maximum
     * lifetime, and a report when a lane has been blocked for 2 s.
     */
    public static final LaneOptions DEFAULT = new LaneOptions(new Values());

    private final Duration heartbeat;
    private final Duration retry;
    private final double retryJitter;
    private final Duration writeTimeout;
    private final Duration maxLifetime;
    private final Duration blockedLaneAfter;

    /** The values of options that are about to be made; at first the defaults. */
    private static final class Values {
        private Duration heartbeat = Duration.ofSeconds(15);
        private Duration retry = Duration.ofSeconds(3);
        private double retryJitter;
        private Duration writeTimeout = Duration.ofSeconds(30);
        private Duration maxLifetime = Duration.ZERO;
        private Duration blockedLaneAfter = Duration.ofSeconds(2);
    }

    private LaneOptions(Values values) {
        this.heartbeat = values.heartbeat;
        this.retry = values.retry;
        this.retryJitter = values.retryJitter;
        this.writeTimeout = values.writeTimeout;
        this.maxLifetime = values.maxLifetime;
        this.blockedLaneAfter = values.blockedLaneAfter;
    }

    private LaneOptions with(Consumer<Values> change) {
        Values values = new Values();
        values.heartbeat = heartbeat;
        values.retry = retry;
        values.retryJitter = retryJitter;
        values.writeTimeout = writeTimeout;
        values.maxLifetime = maxLifetime;
        values.blockedLaneAfter = blockedLaneAfter;
        change.accept(values);
        return new LaneOptions(values);
    }

    private static Duration inRange(String option, Duration value) {
        Objects.requireNonNull(value, option);
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: from 0 to 365 days)");
        }
        return value;
    }

    /** The silence after which a client gets a heartbeat; zero is off. */
    public Duration heartbeat() {
        return heartbeat;
    }

    /** A copy with another {@link #heartbeat}, from 0 to 365 days. */
    public LaneOptions withHeartbeat(Duration silence) {
        return with(values -> values.heartbeat = inRange("heartbeat", silence));
    }

    /** The reconnection time in the first block of each stream. */
    public Duration retry() {
        return retry;
    }

    /** A copy with another {@link #retry}, from 0 to 1 day: clients feed it to a timer. */
    public LaneOptions withRetry(Duration time) {
        Objects.requireNonNull(time, "retry");
        if (time.isNegative() || time.compareTo(Event.MAX_RETRY) > 0) {
            throw new IllegalArgumentException("retry: " + time + " (expected: from 0 to 1 day)");
        }
        return with(values -> values.retry = time);
    }

    /** The share of {@link #retry} by which the time of one stream may be longer or shorter; zero is off. */
    public double retryJitter() {
        return retryJitter;
    }

    /**
     * A copy with another {@link #retryJitter}, from 0 to 1. With 0.2 and 3 s, each stream gets a random time from 2.4
     * to 3.6 s. So clients that lose their streams at the same moment do not reconnect at the same moment.
     */
    public LaneOptions withRetryJitter(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("retryJitter: " + share + " (expected: from 0 to 1)");
        }
        return with(values -> values.retryJitter = share);
    }

    /** The reconnection time for one stream. Each call returns another random value. */
    Duration drawRetry() {
        double factor = 1 + retryJitter * (2 * ThreadLocalRandom.current().nextDouble() - 1);
        long millis = Math.min(Event.MAX_RETRY.toMillis(), Math.round(retry.toMillis() * factor));
        return retryJitter == 0 ? retry : Duration.ofMillis(millis);
    }

    /** A client is closed if its pending bytes do not move for this long; zero is off. */
    public Duration writeTimeout() {
        return writeTimeout;
    }

    /** A copy with another {@link #writeTimeout}, from 0 to 365 days. */
    public LaneOptions withWriteTimeout(Duration time) {
        return with(values -> values.writeTimeout = inRange("writeTimeout", time));
    }

    /**
     * The time after which a stream ends and its client reconnects. It differs by up to a tenth from stream to stream,
     * so that clients that connected together do not reconnect together. Zero is no end.
     */
    public Duration maxLifetime() {
        return maxLifetime;
    }

    /** A copy with another {@link #maxLifetime}: 0, or from 1 second to 365 days. */
    public LaneOptions withMaxLifetime(Duration time) {
        checkMaxLifetime(time);
        return with(values -> values.maxLifetime = time);
    }

    static void checkMaxLifetime(Duration time) {
        Objects.requireNonNull(time, "maxLifetime");
        if (!time.isZero() && (time.compareTo(SHORTEST_LIFETIME) < 0 || time.compareTo(LONGEST) > 0)) {
            throw new IllegalArgumentException(
                    "maxLifetime: " + time + " (expected: 0 for no end, or from 1 second to 365 days)");
        }
    }

    /** How long a lane with sinks may be blocked before that is logged, with the stack of its thread; zero is off. */
    public Duration blockedLaneAfter() {
        return blockedLaneAfter;
    }

    /** A copy with another {@link #blockedLaneAfter}, from 0 to 365 days. */
    public LaneOptions withBlockedLaneAfter(Duration time) {
        return with(values -> values.blockedLaneAfter = inRange("blockedLaneAfter", time));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LaneOptions that
                && heartbeat.equals(that.heartbeat)
                && retry.equals(that.retry)
                && writeTimeout.equals(that.writeTimeout)
                && maxLifetime.equals(that.maxLifetime)
                && blockedLaneAfter.equals(that.blockedLaneAfter)
                && retryJitter == that.retryJitter;
    }

    @Override
    public int hashCode() {
        return Objects.hash(heartbeat, retry, writeTimeout, maxLifetime, blockedLaneAfter, retryJitter);
    }

    @Override
    public String toString() {
        return "heartbeat " + heartbeat + ", retry " + retry + ", write timeout " + writeTimeout
                + ", max lifetime " + maxLifetime + ", blocked lane after " + blockedLaneAfter
                + (retryJitter == 0 ? "" : ", retry jitter " + retryJitter);
    }
}
