package io.sluice.sse;

/**
 * What happens when a source sends to a client that does not read, and the small queue of that sink is full. A client
 * that stays connected gets a {@link Gap} at the place of the loss. A stream whose protocol has no gaps is closed with
 * {@link CloseReason#SLOW_CONSUMER} instead.
 */
public enum DirectSendPolicy {
    /** The new event is rejected: its stage fails with {@link SinkFullException}. */
    REFUSE,
    /**
     * The oldest events that wait make room: their stages fail with {@link SinkFullException}. What was {@linkplain
     * Sink#offer offered} stays; if that alone fills the queue, the new event is rejected.
     */
    DROP_OLDEST,
    /** The sink closes with {@link CloseReason#SLOW_CONSUMER}. */
    CLOSE
}
