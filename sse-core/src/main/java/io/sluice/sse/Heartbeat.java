package io.sluice.sse;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The form of a stream's heartbeat, and which clients get it. The interval is the {@code heartbeat} option of the lane,
 * unless {@link #every} sets another one. Immutable; one object serves all streams of a route.
 *
 * <p>A comment costs two bytes, and no script in a browser sees it: an EventSource passes only events to its page. A
 * page that detects a dead connection by itself needs a named event. It needs that event at a fixed rate, unless it
 * also watches for other events.
 */
public final class Heartbeat {

    private static final Heartbeat COMMENT = new Heartbeat(null, false, null);
    private static final Heartbeat NONE = new Heartbeat(null, false, Duration.ZERO);

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofDays(365);

    private final @Nullable String eventName;
    private final boolean evenIfBusy;
    private final @Nullable Duration interval;

    private Heartbeat(@Nullable String eventName, boolean evenIfBusy, @Nullable Duration interval) {
        this.eventName = eventName;
        this.evenIfBusy = evenIfBusy;
        this.interval = interval;
    }

    /** A comment, for clients that got nothing for an interval. This is the default of a route. */
    @CheckReturnValue
    public static Heartbeat comment() {
        return COMMENT;
    }

    /** No heartbeat. The server then notices a lost client only when it sends an event. */
    @CheckReturnValue
    public static Heartbeat none() {
        return NONE;
    }

    /**
     * An event with this name, for clients that got nothing for an interval. Its data has the interval in milliseconds,
     * so that the client can watch for it: <code>{"interval":15000}</code>.
     *
     * @throws IllegalArgumentException if an event cannot have this name, or if the hub uses the name itself: {@code
     *     gap} and {@code end}
     */
    @CheckReturnValue
    public static Heartbeat event(String name) {
        if (EventFields.isReserved(Objects.requireNonNull(name, "name"))) {
            throw new IllegalArgumentException("heartbeat: event \"" + name
                    + "\" (expected: another name than \"gap\" and \"end\", which tell clients"
                    + " of a loss and to stay away)");
        }
        Event.of(name, ""); // an impossible name is refused here, not at the first beat
        return new Heartbeat(name, false, null);
    }

    /** The same heartbeat for every client in each interval, also for clients that had an event meanwhile. */
    @CheckReturnValue
    public Heartbeat atFixedRate() {
        return new Heartbeat(eventName, true, interval);
    }

    /**
     * The same heartbeat with its own interval, whatever the option of the lane is. It may come up to half a second
     * late.
     *
     * @param interval zero for no heartbeat, or from 1 second to 365 days
     * @throws IllegalArgumentException if it is another time
     */
    @CheckReturnValue
    public Heartbeat every(Duration interval) {
        Objects.requireNonNull(interval, "interval");
        if (!interval.isZero() && (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0)) {
            throw new IllegalArgumentException(
                    "heartbeat interval: " + interval + " (expected: 0 for none, or from 1 second to 365 days)");
        }
        return new Heartbeat(eventName, evenIfBusy, interval);
    }

    /** The name of the event; null for a comment. */
    public @Nullable String eventName() {
        return eventName;
    }

    /** Whether the heartbeat also comes to clients that had an event meanwhile. */
    public boolean isFixedRate() {
        return evenIfBusy;
    }

    /** The interval, zero for no heartbeat; null if the option of the lane decides. */
    public @Nullable Duration interval() {
        return interval;
    }

    @Override
    public String toString() {
        return (eventName == null ? "comment" : "event " + eventName)
                + (evenIfBusy ? " at a fixed rate" : "")
                + (interval == null ? "" : " every " + interval);
    }
}
