package io.sluice.sse.topic;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a subscription starts in the hub's sequence. Immutable. */
public final class StartPosition {

    /** The maximum number of events of a replay. A larger number is reduced to this one. */
    public static final int MAX_REPLAY = 100_000;

    private static final StartPosition LIVE = new StartPosition(null, null, 0);

    private final @Nullable String lastEventId;
    private final @Nullable Instant since;
    private final int replay;

    private StartPosition(@Nullable String lastEventId, @Nullable Instant since, int replay) {
        this.lastEventId = lastEventId;
        this.since = since;
        this.replay = replay;
    }

    /** Starts with the events that are published from now on. */
    @CheckReturnValue
    public static StartPosition live() {
        return LIVE;
    }

    /**
     * Starts after the event with this id, as a client sends it in {@code Last-Event-ID}. Any string is allowed. An id
     * that the hub does not know leads to a gap event, never to an error.
     */
    @CheckReturnValue
    public static StartPosition after(String lastEventId) {
        return new StartPosition(Objects.requireNonNull(lastEventId, "lastEventId"), null, 0);
    }

    /**
     * Starts with the kept events of the whole selector that were published at or after {@code time}. If such an event
     * is no longer kept, the client receives a gap event first. A time in the future has the same effect as
     * {@link #live}.
     *
     * <p>The hub records the time of each event by a clock that never jumps, and compares that clock with the wall
     * clock when a stream starts. So the result is exact if the wall clock is right when the stream starts and was not
     * adjusted since {@code time} was read. Time during which the machine was suspended does not count, so the client
     * may receive a few earlier events.
     */
    @CheckReturnValue
    public static StartPosition since(Instant time) {
        return new StartPosition(null, Objects.requireNonNull(time, "time"), 0);
    }

    /**
     * Starts with the last {@code events} kept events of the whole selector, at most {@link #MAX_REPLAY}, and with the
     * whole state of topics that conflate. Such a topic does not count: whatever the number is, the client receives the
     * latest event of each key and the kept events without a key. If the latest event of a key was lost, the client
     * receives a gap event first. Joins and leaves of a presence are neither replayed nor counted.
     *
     * @throws IllegalArgumentException if negative
     */
    @CheckReturnValue
    public static StartPosition replay(int events) {
        if (events < 0) {
            throw new IllegalArgumentException("replay: " + events + " (expected: 0 or more)");
        }
        return events == 0 ? LIVE : new StartPosition(null, null, Math.min(events, MAX_REPLAY));
    }

    /** The id after which the stream starts; null for another kind of start. */
    public @Nullable String lastEventId() {
        return lastEventId;
    }

    /** The time of the first event to send; null for another kind of start. */
    public @Nullable Instant since() {
        return since;
    }

    /** How many kept events to send; 0 for another kind of start. */
    public int replay() {
        return replay;
    }
}
