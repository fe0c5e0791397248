package io.sluice.sse.hub.core;

import io.sluice.sse.Sink;
import io.sluice.sse.topic.Selector;

/** Receives from the lanes which clients come and go. Called on a lane, outside the hub's lock; must not block or throw. */
public interface PresenceListener {

    /** A sink has opened. */
    void opened(Sink sink);

    /** A sink has closed. */
    void closed(Sink sink);

    /** A subscription has begun. Its position is fixed, and nothing after it has been written yet. */
    void subscribed(Sink sink, Selector selector);

    /** A subscription has ended that was reported by {@link #subscribed}. */
    void unsubscribed(Sink sink, Selector selector);
}
