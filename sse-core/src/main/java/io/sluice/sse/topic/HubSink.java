package io.sluice.sse.topic;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Sink;
import java.util.concurrent.CompletionStage;

/**
 * A client of a hub, as an application and an operator see it: a sink that can also subscribe to topics.
 *
 * <p>Thread-safe, like every {@link Sink}.
 */
public interface HubSink extends Sink {

    /** The address of the client, for operators; empty if the transport has none. */
    String remoteAddress();

    /** The protocol of the connection, for operators, such as {@code HTTP/1.1}; empty if the transport has none. */
    String protocol();

    /**
     * Subscribes the client to more topics. It receives the events that are published after the subscription has begun.
     * All subscriptions of a client share one position. An event that matches several of them arrives once, in order
     * with all others, in the form of the first subscription that accepts it. A subscription ends by
     * {@link Subscription#cancel}, or with the sink.
     *
     * <p>A client that reconnects has another sink. The route of its new stream decides what it subscribes to. Direct
     * sends of a subscribed sink must not have ids. If a sink sent such ids before, it is given the id of its position,
     * which replaces them.
     *
     * @return completes on the lane when the subscription has begun. Fails with {@link IllegalArgumentException} if the
     *     stream would have more than {@link Selector#MAX_TERMS} topics and patterns or {@link
     *     Selector#MAX_PATTERNS} patterns, with {@link SecurityException} if the {@link AccessRules} of the stream
     *     do not allow a topic or pattern, with {@link TopicLimitException}, with {@link ClosedException}, or with
     *     {@link IllegalStateException} before the sink is open; nothing has changed then
     */
    CompletionStage<Subscription> subscribe(Selector selector);

    /** Ends the stream permanently, like {@link #complete()}, but with this reason. The client does not reconnect. */
    CompletionStage<CloseReason> complete(CloseReason reason);
}
