package io.sluice.sse.hub.lane;

import io.sluice.sse.topic.Selector;

/** Receives from the lanes which clients come and go. Called on a lane, outside the hub's lock; must not block or throw. */
public interface PresenceListener {

    /** A sink has opened. */
    void opened(LaneSink sink);

    /** A sink has closed. */
    void closed(LaneSink sink);

    /** A subscription has begun. Its position is fixed, and nothing after it has been written yet. */
    void subscribed(LaneSink sink, Selector selector);

    /** A subscription has ended that was reported by {@link #subscribed}. */
    void unsubscribed(LaneSink sink, Selector selector);
}
