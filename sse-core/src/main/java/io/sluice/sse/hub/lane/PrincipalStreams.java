package io.sluice.sse.hub.lane;

import java.util.function.Consumer;

/**
 * The streams of each principal at the other nodes of a hub with a backplane, for the limits of a transport. What the
 * others have is known as soon as their reports have been read. While the backplane is away nothing is known of them.
 * Thread-safe.
 */
public interface PrincipalStreams {

    /**
     * The place of a new stream of this node in the order of all streams of its principal: after all that are known.
     * Places are compared as texts.
     */
    String newPlace(String principal);

    /** A stream of this node is open. The other nodes learn of it. */
    void opened(String principal, String place);

    /** An {@link #opened} stream of this node has ended. */
    void closed(String principal, String place);

    /** How many streams the principal has at other nodes; 0 while the backplane is away. */
    int elsewhere(String principal);

    /** How many of those have an earlier place. */
    int elsewhereBefore(String principal, String place);

    /**
     * Calls the listener with a principal after it has opened a stream at another node. It is held weakly: whoever adds
     * it must keep it. Called by the timer of the hub, outside every lock.
     */
    void onOpenedElsewhere(Consumer<String> listener);
}
