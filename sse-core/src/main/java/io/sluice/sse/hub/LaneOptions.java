package io.sluice.sse.hub;

import java.time.Duration;

/**
 * How a transport wants its streams to be kept alive and its lanes to be watched. Each {@code with…} gives a copy, and
 * checks the value. Immutable.
 */
public final class LaneOptions implements Cloneable {

    /**
     * 15 s of silence, 3 s before a reconnect, 30 s without progress, no end of life, 2 s until a blocked lane is
     * reported.
     */
    public static final LaneOptions DEFAULT = new LaneOptions();

    /** Streams that end sooner would do little but come back. */
    private static final Duration SHORTEST_LIFETIME = Duration.ofSeconds(1);

    private static final Duration LONGEST = Duration.ofDays(365);

    // Changed in a fresh copy only, before anybody else sees it.
    private Duration heartbeat = Duration.ofSeconds(15);
    private Duration retry = Duration.ofSeconds(3);
    private Duration writeTimeout = Duration.ofSeconds(30);
    private Duration maxLifetime = Duration.ZERO;
    private Duration blockedLaneAfter = Duration.ofSeconds(2);

    private LaneOptions() {}

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
        LaneOptions copy = copy();
        copy.heartbeat = inRange("heartbeat", silence);
        return copy;
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
        LaneOptions copy = copy();
        copy.retry = inRange("retry", time);
        return copy;
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
        LaneOptions copy = copy();
        copy.writeTimeout = inRange("writeTimeout", time);
        return copy;
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
        LaneOptions copy = copy();
        if (!time.isZero() && (time.compareTo(SHORTEST_LIFETIME) < 0 || time.compareTo(LONGEST) > 0)) {
            throw new IllegalArgumentException(
                    "maxLifetime: " + time + " (expected: 0 for no end, or from 1 second to 365 days)");
        }
        copy.maxLifetime = time;
        return copy;
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
        LaneOptions copy = copy();
        copy.blockedLaneAfter = inRange("blockedLaneAfter", time);
        return copy;
    }

    private LaneOptions copy() {
        try {
            return (LaneOptions) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    private static Duration inRange(String option, Duration value) {
        if (value.isNegative() || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: from 0 to 365 days)");
        }
        return value;
    }

    @Override
    public String toString() {
        return "heartbeat " + heartbeat + ", retry " + retry + ", write timeout " + writeTimeout + ", max lifetime "
                + maxLifetime + ", blocked lane after " + blockedLaneAfter;
    }
}
