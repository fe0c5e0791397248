package io.sluice.sse.topic;

import org.jspecify.annotations.Nullable;

/**
 * What happens to a client that has missed events, because a topic evicted them before they were written to the client.
 * The policies are in the order from the strictest to the mildest.
 *
 * <p>A policy can be set for the hub ({@code HubBuilder.overflow}), for topics
 * ({@code HubBuilder.overflow}), and for a subscription ({@link Selector#withOverflow}). The
 * policy of the subscription takes precedence. Otherwise the policy of the topic that evicted the events applies, and
 * the strictest one if there are several. The same policy decides where a reconnecting client resumes. Such a client
 * was disconnected already, so {@link #DISCONNECT} then has the same effect as {@link #GAP}.
 */
public enum OverflowPolicy {
    /**
     * Disconnects the client. It reconnects with its Last-Event-ID when it can read again, and then receives the gap
     * event.
     */
    DISCONNECT,
    /** Sends the client a gap event. It continues with the oldest event that is kept. */
    GAP,
    /**
     * Sends the client a gap event. It continues with the events that are published from now on, in all its topics,
     * since it has one position for all of them.
     */
    LATEST;

    /** The stricter of two policies; null counts as no policy. */
    public static @Nullable OverflowPolicy strictest(@Nullable OverflowPolicy one, @Nullable OverflowPolicy other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) <= 0 ? one : other;
    }
}
