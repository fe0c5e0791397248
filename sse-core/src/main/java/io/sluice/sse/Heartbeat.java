package io.sluice.sse;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The form of a stream's heartbeat, and which clients get it. The interval is the {@code heartbeat} option of the lane.
 * Immutable; one object serves all streams of a route.
 *
 * <p>A comment costs two bytes, and no script in a browser sees it: an EventSource passes only events to its page. A
 * page that detects a dead connection by itself needs a named event. It needs that event at a fixed rate, unless it
 * also watches for other events.
 */
public final class Heartbeat {

    private static final Heartbeat COMMENT = new Heartbeat(null, false);

    private final @Nullable String eventName;
    private final boolean evenIfBusy;

    private Heartbeat(@Nullable String eventName, boolean evenIfBusy) {
        this.eventName = eventName;
        this.evenIfBusy = evenIfBusy;
    }

    /** A comment, for clients that got nothing for an interval. This is the default of a route. */
    public static Heartbeat comment() {
        return COMMENT;
    }

    /**
     * An event with this name, for clients that got nothing for an interval. Its data has the interval in milliseconds,
     * so that the client can watch for it: <code>{"interval":15000}</code>.
     *
     * @throws IllegalArgumentException if an event cannot have this name, or if the hub uses the name itself: {@code
     *     gap} and {@code end}
     */
    public static Heartbeat event(String name) {
        if (EventFields.isReserved(Objects.requireNonNull(name, "name"))) {
            throw new IllegalArgumentException("heartbeat: event \"" + name
                    + "\" (expected: another name than \"gap\" and \"end\", which tell clients"
                    + " of a loss and to stay away)");
        }
        Event.of(name, ""); // an impossible name is refused here, not at the first beat
        return new Heartbeat(name, false);
    }

    /** The same heartbeat for every client in each interval, also for clients that had an event meanwhile. */
    public Heartbeat atFixedRate() {
        return new Heartbeat(eventName, true);
    }

    /** The name of the event; null for a comment. */
    public @Nullable String eventName() {
        return eventName;
    }

    /** Whether the heartbeat also comes to clients that had an event meanwhile. */
    public boolean isFixedRate() {
        return evenIfBusy;
    }

    @Override
    public String toString() {
        return (eventName == null ? "comment" : "event " + eventName) + (evenIfBusy ? " at a fixed rate" : "");
    }
}
