package io.sluice.sse.hub.core;

import io.sluice.sse.DirectSendPolicy;
import io.sluice.sse.topic.OverflowPolicy;
import java.time.Duration;

/**
 * The options of a hub that concern delivery to its clients. Immutable.
 *
 * @param overflow the policy of topics and subscriptions without their own policy
 * @param catchUpBytes how many bytes may be pending to the clients of a lane before sinks that are behind receive less
 * @param coalesce how long a busy lane may delay an event to combine it with later ones
 * @param directSends the bounds of each sink's queue of direct sends
 */
public record DeliveryOptions(
        OverflowPolicy overflow, long catchUpBytes, Duration coalesce, DirectSendBounds directSends) {

    /**
     * The bounds of the queue of direct sends of one sink.
     *
     * @param events the maximum number of queued events
     * @param bytes the maximum number of queued bytes
     * @param policy what happens to an event that exceeds a bound
     */
    public record DirectSendBounds(int events, int bytes, DirectSendPolicy policy) {}
}
