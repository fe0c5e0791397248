package io.sluice.sse.hub;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A client's place in a hub: a selector, and a position that moves as the client is written to. One Last-Event-ID is
 * right for all of it, since ids rise through the whole hub. A sink can have several subscriptions, which share the position
 * ({@link LaneSink#subscribe}).
 *
 * <p>Thread-safe. It ends with its sink, or by {@link #cancel}.
 */
public sealed class Subscription {

    private final LaneSink sink;
    private final Selector selector;

    // Confined to the lane from here on.

    /** The sink's next subscription, in the order in which they were made. */
    @Nullable
    Subscription next;

    // Changed under the hub's lock as well.
    SubscriberList[] audiences = {};
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
        return sink.hubLane().subscriptions.cancel(this);
    }

    /** Whose it is and to what, such as {@code subscription of 5 to orders/*}. */
    @Override
    public final String toString() {
        return "subscription of " + sink.id() + " to " + selector;
    }

    /** It hears nothing up to this position, though its sink may stand before it. */
    long since() {
        return 0;
    }

    /** Whether it and all that follow it have begun, seen from a position. */
    static boolean haveBegun(@Nullable Subscription first, long position) {
        for (Subscription at = first; at != null; at = at.next) {
            if (at.since() > position) {
                return false;
            }
        }
        return true;
    }

    /** Whether one of a subscription and those that follow it has the topic of this entry, and had begun before it. */
    static boolean matches(@Nullable Subscription first, LogEntry entry) {
        for (Subscription at = first; at != null; at = at.next) {
            if (entry.position > at.since() && at.selector.matches(entry.topic)) {
                return true;
            }
        }
        return false;
    }

    /** All that a subscription and those that follow it listen to. */
    static SubscriberList[] audiences(Subscription first) {
        if (first.next == null) {
            return first.audiences;
        }
        List<SubscriberList> all = new ArrayList<>();
        for (Subscription at = first; at != null; at = at.next) {
            all.addAll(List.of(at.audiences));
        }
        return all.toArray(SubscriberList[]::new);
    }

    void join(SubscriberList audience) {
        if (isListedIn(audience, sink.subscription)) {
            audience.addRepeat();
        }
        int last = audiences.length;
        audiences = Arrays.copyOf(audiences, last + 1);
        places = Arrays.copyOf(places, last + 1);
        audiences[last] = audience;
        places[last] = audience.add(this);
    }

    /** @param others the first of the sink's subscriptions that stay */
    void leaveAll(@Nullable Subscription others) {
        for (int i = 0; i < audiences.length; i++) {
            audiences[i].remove(places[i]);
            if (isListedIn(audiences[i], others)) {
                audiences[i].removeRepeat();
            }
        }
    }

    private static boolean isListedIn(SubscriberList audience, @Nullable Subscription first) {
        for (Subscription at = first; at != null; at = at.next) {
            for (SubscriberList one : at.audiences) {
                if (one == audience) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Names and patterns of a subscription and all that follow it. */
    static List<String> terms(@Nullable Subscription first) {
        List<String> terms = new ArrayList<>();
        for (Subscription at = first; at != null; at = at.next) {
            terms.addAll(at.selector.terms());
        }
        return terms;
    }

    void moved(SubscriberList audience, int place) {
        for (int i = 0; i < audiences.length; i++) {
            if (audiences[i] == audience) {
                places[i] = place;
                return;
            }
        }
        throw new AssertionError("moved in an audience that it does not belong to");
    }

    /** One that joined a sink that was listening already. */
    static final class Later extends Subscription {
        private long since;

        /** Of the second one of a sink: the variant of all of them. */
        @Nullable
        EventView together;

        Later(LaneSink sink, Selector selector) {
            super(sink, selector);
        }

        void startAfter(long position) {
            since = position;
        }

        @Override
        long since() {
            return since;
        }
    }
}
