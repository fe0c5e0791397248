package io.sluice.sse.hub.lane;

import io.sluice.sse.Event;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How a transport wants its streams to be kept alive and its lanes to be watched. Each {@code with…} gives a copy, and
 * checks the value. Immutable.
 */
public final class LaneOptions {

    // Before the default, which it checks.
    private static final Duration LONGEST = Duration.ofDays(365);

    /**
     * 15 s of silence, 3 s before a reconnect, for all the same, 30 s without progress, no end of life, 2 s until a blocked
     * lane is reported.
     */
    public static final LaneOptions DEFAULT = new LaneOptions(
            Duration.ofSeconds(15),
            Duration.ofSeconds(3),
            Duration.ofSeconds(30),
            Duration.ZERO,
            Duration.ofSeconds(2),
            0);

    /** Streams that end sooner would do little but come back. */
    private static final Duration SHORTEST_LIFETIME = Duration.ofSeconds(1);

    private final Duration heartbeat;
    private final Duration retry;
    private final Duration writeTimeout;
    private final Duration maxLifetime;
    private final Duration blockedLaneAfter;
    private final double retryJitter;

    private LaneOptions(
            Duration heartbeat,
            Duration retry,
            Duration writeTimeout,
            Duration maxLifetime,
            Duration blockedLaneAfter,
            double retryJitter) {
        this.heartbeat = inRange("heartbeat", heartbeat);
        Objects.requireNonNull(retry, "retry");
        if (retry.isNegative() || retry.compareTo(Event.MAX_RETRY) > 0) {
            throw new IllegalArgumentException("retry: " + retry + " (expected: from 0 to 1 day)");
        }
        this.retry = retry;
        this.writeTimeout = inRange("writeTimeout", writeTimeout);
        this.maxLifetime = inRange("maxLifetime", maxLifetime);
        this.blockedLaneAfter = inRange("blockedLaneAfter", blockedLaneAfter);
        this.retryJitter = retryJitter;
    }

    /** Silence after which a client gets a comment; zero is off. */
    public Duration heartbeat() {
        return heartbeat;
    }

    /**
     * A copy with another {@link #heartbeat}.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public LaneOptions withHeartbeat(Duration silence) {
        return new LaneOptions(silence, retry, writeTimeout, maxLifetime, blockedLaneAfter, retryJitter);
    }

    /** The reconnection time that each stream begins with. */
    public Duration retry() {
        return retry;
    }

    /**
     * A copy with another {@link #retry}.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public LaneOptions withRetry(Duration time) {
        return new LaneOptions(heartbeat, time, writeTimeout, maxLifetime, blockedLaneAfter, retryJitter);
    }

    /** The share of {@link #retry} up to which the time that a stream begins with is longer or shorter; zero is off. */
    public double retryJitter() {
        return retryJitter;
    }

    /**
     * A copy with another {@link #retryJitter}: with 0.2, and 3 s, each stream draws a time from 2.4 to 3.6 s. So clients
     * that lose their streams at once, without a word from the server, come back apart.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public LaneOptions withRetryJitter(double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("retryJitter: " + share + " (expected: from 0 to 1)");
        }
        return new LaneOptions(heartbeat, retry, writeTimeout, maxLifetime, blockedLaneAfter, share);
    }

    /** The time that a stream begins with, drawn anew with each call. */
    Duration drawRetry() {
        double factor = 1 + retryJitter * (2 * ThreadLocalRandom.current().nextDouble() - 1);
        return retryJitter == 0
                ? retry
                : Duration.ofMillis(Math.min(Event.MAX_RETRY.toMillis(), Math.round(retry.toMillis() * factor)));
    }

    /** A client whose pending bytes do not move for this long is closed; zero is off. */
    public Duration writeTimeout() {
        return writeTimeout;
    }

    /**
     * A copy with another {@link #writeTimeout}.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public LaneOptions withWriteTimeout(Duration time) {
        return new LaneOptions(heartbeat, retry, time, maxLifetime, blockedLaneAfter, retryJitter);
    }

    /**
     * How long a stream lives before it is ended and the client comes back: up to a tenth more or less for each, so that
     * those that came together do not come back together. At least a second; zero is for ever.
     */
    public Duration maxLifetime() {
        return maxLifetime;
    }

    /**
     * A copy with another {@link #maxLifetime}.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public LaneOptions withMaxLifetime(Duration time) {
        Objects.requireNonNull(time, "maxLifetime");
        if (!time.isZero() && (time.compareTo(SHORTEST_LIFETIME) < 0 || time.compareTo(LONGEST) > 0)) {
            throw new IllegalArgumentException(
                    "maxLifetime: " + time + " (expected: 0 for no end, or from 1 second to 365 days)");
        }
        return new LaneOptions(heartbeat, retry, writeTimeout, time, blockedLaneAfter, retryJitter);
    }

    /** How long a lane with sinks may stand still before that is reported, with its thread's stack; zero is off. */
    public Duration blockedLaneAfter() {
        return blockedLaneAfter;
    }

    /**
     * A copy with another {@link #blockedLaneAfter}.
     *
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public LaneOptions withBlockedLaneAfter(Duration time) {
        return new LaneOptions(heartbeat, retry, writeTimeout, maxLifetime, time, retryJitter);
    }

    private static Duration inRange(String option, Duration value) {
        Objects.requireNonNull(value, option);
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: from 0 to 365 days)");
        }
        return value;
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
