package io.sluice.sse.benchmarks.soak;

import java.util.concurrent.ThreadLocalRandom;

/** The ways in which a churn loses its connections, taken in turn. */
enum Ending {
    /** An RST on an open stream. */
    RESET("/events/" + Topics.QUIET),
    /** A FIN on an open stream. */
    FIN("/events/" + Topics.QUIET),
    /** The network goes: nothing that the server sends arrives or is answered. */
    SILENCE("/events/" + Topics.BUSY),
    /** Half a request, then an RST, at once or a moment later, or a FIN. */
    HALF_REQUEST("/events/" + Topics.QUIET),
    /** An RST while the history is being sent, to a client that takes little. */
    DURING_REPLAY("/events/" + Topics.HISTORY + "?replay=100000"),
    /** An RST while live events are being written, to a client that has stopped to read. */
    DURING_WRITE("/events/" + Topics.BUSY),
    /** An RST before the first byte: while the connection is being made, just afterwards, or a moment later. */
    HANDSHAKE("/events/" + Topics.QUIET);

    private static final Ending[] ALL = values();

    final String target;

    Ending(String target) {
        this.target = target;
    }

    static Ending inTurn(long number) {
        return ALL[(int) (number % ALL.length)];
    }

    /** Whether its client waits for the server's first bytes. */
    boolean opensStream() {
        return this != HALF_REQUEST && this != HANDSHAKE;
    }

    /** Whether its client has a small receive buffer. */
    boolean takesLittle() {
        return this == DURING_REPLAY || this == DURING_WRITE;
    }

    /** How long an open stream lives on before it ends this way. */
    long lingerMillis() {
        return switch (this) {
            case DURING_REPLAY -> ThreadLocalRandom.current().nextLong(50);
            case DURING_WRITE -> 50 + ThreadLocalRandom.current().nextLong(250);
            default -> 0;
        };
    }
}
