package io.sluice.sse.hub.core;

import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.topic.OverflowPolicy;
import java.time.Duration;

/**
 * The options of a hub that concern delivery to its clients. Immutable.
 *
 * @param overflow the policy where neither a pattern nor a subscription has one
 * @param catchUpBytes how many bytes may be on their way to clients of a lane before sinks that are behind get less
 * @param coalesce how long a busy lane may let an event wait for the next one
 * @param directSends the bounds of each sink's queue of direct sends
 */
public record DeliveryOptions(
        OverflowPolicy overflow, long catchUpBytes, Duration coalesce, DirectSendBounds directSends) {

    /**
     * The bounds of the queue of direct sends of one sink.
     *
     * @param events how many events may wait
     * @param bytes how many bytes may wait
     * @param policy what happens to one more
     */
    public record DirectSendBounds(int events, int bytes, DirectSendPolicy policy) {}
}
