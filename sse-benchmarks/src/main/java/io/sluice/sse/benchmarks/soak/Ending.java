package io.sluice.sse.benchmarks.soak;

import java.util.concurrent.ThreadLocalRandom;

/** The ways in which a churn loses its connections, used in turn. */
enum Ending {
    /** An RST on an open stream. */
    RESET("/events/" + Topics.QUIET),
    /** A FIN on an open stream. */
    FIN("/events/" + Topics.QUIET),
    /** The network is lost: no packet of the server arrives or is acknowledged. */
    SILENCE("/events/" + Topics.BUSY),
    /** Half a request, then an RST, at once or after a short delay, or a FIN. */
    HALF_REQUEST("/events/" + Topics.QUIET),
    /** An RST during the replay of the history, from a client with a small receive buffer. */
    DURING_REPLAY("/events/" + Topics.HISTORY + "?replay=100000"),
    /** An RST while live events are written, from a client that has stopped reading. */
    DURING_WRITE("/events/" + Topics.BUSY),
    /** An RST before the first byte: during the connect, just after it, or after a short delay. */
    HANDSHAKE("/events/" + Topics.QUIET);

    private static final Ending[] ALL = values();

    final String target;

    Ending(String target) {
        this.target = target;
    }

    static Ending inTurn(long number) {
        return ALL[(int) (number % ALL.length)];
    }

    /** Whether the client waits for the first bytes of the server. */
    boolean opensStream() {
        return this != HALF_REQUEST && this != HANDSHAKE;
    }

    /** Whether the client has a small receive buffer. */
    boolean hasSmallBuffer() {
        return this == DURING_REPLAY || this == DURING_WRITE;
    }

    /** How long an open stream lasts before it ends this way. */
    long delayMillis() {
        return switch (this) {
            case DURING_REPLAY -> ThreadLocalRandom.current().nextLong(50);
            case DURING_WRITE -> 50 + ThreadLocalRandom.current().nextLong(250);
            default -> 0;
        };
    }
}
