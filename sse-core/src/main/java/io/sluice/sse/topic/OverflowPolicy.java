package io.sluice.sse.topic;

import io.sluice.sse.hub.HubBuilder;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a client that the history has passed by: its position lies below a floor of its topics. From the
 * strictest to the mildest.
 *
 * <p>A policy is the hub's ({@link HubBuilder#overflow(OverflowPolicy)}), a topic's ({@link HubBuilder#overflow(String,
 * OverflowPolicy)}), or a subscription's ({@link Selector#withOverflow}). The subscription's own wins; else that of the
 * topic which has passed the client by, and the strictest of several. Where a client comes back, the same decides from
 * where it goes on; it has been disconnected already, so {@link #DISCONNECT} is then as {@link #GAP}.
 */
public enum OverflowPolicy {
    /**
     * The client is disconnected. It comes back with its Last-Event-ID, at a time when it can read again, and hears the
     * gap then.
     */
    DISCONNECT,
    /** The client is told the gap and goes on from the oldest event kept. */
    GAP,
    /**
     * The client is told the gap and goes on with what is published from now on, in all of its topics: it has one
     * position for all of them.
     */
    LATEST;

    /** The stricter of two policies, either of which may be null. */
    public static @Nullable OverflowPolicy strictest(@Nullable OverflowPolicy one, @Nullable OverflowPolicy other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) <= 0 ? one : other;
    }
}
