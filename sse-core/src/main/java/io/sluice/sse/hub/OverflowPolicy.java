package io.sluice.sse.hub;

/** What happens to a client that the history has passed by: its position lies below a floor of its topics. */
public enum OverflowPolicy {
    /**
     * The client is disconnected. It comes back with its Last-Event-ID, at a time when it can read again, and hears the
     * gap then.
     */
    DISCONNECT,
    /** The client is told the gap and goes on from the oldest event kept. */
    GAP,
    /** The client is told the gap and goes on with what is published from now on. */
    LATEST
}
