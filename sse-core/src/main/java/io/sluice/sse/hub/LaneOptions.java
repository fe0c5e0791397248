package io.sluice.sse.hub;

import java.time.Duration;

/**
 * How a transport wants its streams to be kept alive; checked when it is made.
 *
 * @param heartbeat silence after which a client gets a comment; zero is off
 * @param retry the reconnection time that each stream begins with
 * @param writeTimeout a client whose pending bytes do not move for this long is closed; zero is off
 */
public record LaneOptions(Duration heartbeat, Duration retry, Duration writeTimeout) {

    /** 15 s of silence, 3 s before a reconnect, 30 s without progress. */
    public static final LaneOptions DEFAULT =
            new LaneOptions(Duration.ofSeconds(15), Duration.ofSeconds(3), Duration.ofSeconds(30));

    /** @throws IllegalArgumentException naming the option, its value and what is allowed */
    public LaneOptions {
        checkZeroOrMore("heartbeat", heartbeat);
        checkZeroOrMore("retry", retry);
        checkZeroOrMore("writeTimeout", writeTimeout);
    }

    private static void checkZeroOrMore(String name, Duration value) {
        if (value.isNegative() || value.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: from 0 to 365 days)");
        }
    }
}
