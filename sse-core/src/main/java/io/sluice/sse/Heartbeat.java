package io.sluice.sse;

import io.sluice.sse.hub.lane.LaneOptions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * In which form, and to whom, the heartbeat of a lane comes: how often is {@link LaneOptions#heartbeat}. Immutable; one
 * object serves all streams of a route.
 *
 * <p>A comment costs three bytes, and no script in a browser sees it: an EventSource tells its page of events only. A page
 * that wants to notice a dead connection by itself needs a named event, and needs it at a fixed rate if it does not also
 * watch for the other events.
 */
public final class Heartbeat {

    private static final Heartbeat COMMENT = new Heartbeat(null, false);

    private final @Nullable String eventName;
    private final boolean evenIfBusy;

    private Heartbeat(@Nullable String eventName, boolean evenIfBusy) {
        this.eventName = eventName;
        this.evenIfBusy = evenIfBusy;
    }

    /** A comment, for those who were silent for an interval: what a stream has unless its route says otherwise. */
    public static Heartbeat comment() {
        return COMMENT;
    }

    /**
     * An event with this name, for those who were silent for an interval. Its data tell the interval in milliseconds, for
     * the client's own watch: <code>{"interval":15000}</code>.
     *
     * @throws IllegalArgumentException if no event can have this name, or the hub says something else by it: {@code gap} and
     *     {@code end}
     */
    public static Heartbeat event(String name) {
        Event.of(Objects.requireNonNull(name, "name"), ""); // an impossible name is refused here, not at the first beat
        if (name.equals(Gap.EVENT_NAME) || name.equals(CloseReason.END_EVENT_NAME)) {
            throw new IllegalArgumentException("heartbeat: event \"" + name
                    + "\" (expected: another name than \"gap\" and \"end\", which tell clients"
                    + " of a loss and to stay away)");
        }
        return new Heartbeat(name, false);
    }

    /** The same for everybody each interval, those included that had an event meanwhile. */
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
