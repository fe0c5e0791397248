package io.sluice.sse.hub.core;

import io.sluice.sse.Sink;
import io.sluice.sse.topic.Selector;

/**
 * Is notified by the lanes when clients connect, disconnect, subscribe and unsubscribe. Called on a lane, without the
 * hub's lock. Implementations must not block or throw.
 */
public interface PresenceListener {

    /** A sink has opened. */
    void opened(Sink sink);

    /** A sink has closed. */
    void closed(Sink sink);

    /** A subscription has begun. Its position is fixed, and no event after that position has been written yet. */
    void subscribed(Sink sink, Selector selector);

    /** The sink has missed events of this subscription, and its client was sent the gap. */
    void missed(Sink sink, Selector selector);

    /** A subscription that {@link #subscribed} reported has ended. */
    void unsubscribed(Sink sink, Selector selector);
}
