package io.sluice.sse.topic;

import java.util.concurrent.CompletionStage;

/**
 * A client's subscription to a hub: a selector, and a position that moves as the hub writes to the client. One
 * Last-Event-ID covers all subscriptions of a stream, since ids rise through the whole hub. A client can have several
 * subscriptions; they share the position ({@link HubSink#subscribe}).
 *
 * <p>Thread-safe. A subscription ends with its sink, or by {@link #cancel}.
 */
public interface Subscription {

    /** The client. */
    HubSink sink();

    /** The topics and patterns that the client subscribes to. */
    Selector selector();

    /**
     * Ends the subscription; the stream stays open.
     *
     * @return completes when the hub will write no more events of this subscription
     */
    CompletionStage<Void> cancel();
}
