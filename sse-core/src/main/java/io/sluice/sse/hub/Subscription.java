package io.sluice.sse.hub;

import java.util.Arrays;
import java.util.concurrent.CompletionStage;

/**
 * A client's place in a hub: a selector, and a position that moves as the client is written to. One Last-Event-ID is
 * right for all of it, since ids rise through the whole hub.
 *
 * <p>Thread-safe. It ends with its sink, or by {@link #cancel}.
 */
public final class Subscription {

    private final LaneSink sink;
    private final Selector selector;

    // Confined to the lane; changed under the hub's lock as well.
    Audience[] audiences = {};
    private int[] places = {};

    Subscription(LaneSink sink, Selector selector) {
        this.sink = sink;
        this.selector = selector;
    }

    /** The client that listens. */
    public LaneSink sink() {
        return sink;
    }

    /** What it listens to. */
    public Selector selector() {
        return selector;
    }

    /**
     * Ends the subscription; the sink stays open.
     *
     * @return completes when nothing more of these topics will be written
     */
    public CompletionStage<Void> cancel() {
        return sink.hubLane().cancel(this);
    }

    void join(Audience audience) {
        int last = audiences.length;
        audiences = Arrays.copyOf(audiences, last + 1);
        places = Arrays.copyOf(places, last + 1);
        audiences[last] = audience;
        places[last] = audience.add(this);
    }

    void leaveAll() {
        for (int i = 0; i < audiences.length; i++) {
            audiences[i].remove(places[i]);
        }
    }

    void moved(Audience audience, int place) {
        for (int i = 0; i < audiences.length; i++) {
            if (audiences[i] == audience) {
                places[i] = place;
                return;
            }
        }
        throw new AssertionError("moved in an audience that it does not belong to");
    }
}
