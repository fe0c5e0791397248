package io.sluice.sse.topic;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription begins in the hub's sequence. Immutable.
 */
public final class StartPosition {

    /** Replays are cut to this many events. */
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

    /** With what is published from now on. */
    public static StartPosition live() {
        return LIVE;
    }

    /**
     * Behind the event with this id, as a client sends it in {@code Last-Event-ID}. Any string is allowed: one that
     * leads nowhere makes a gap, never an error.
     */
    public static StartPosition after(String lastEventId) {
        return new StartPosition(Objects.requireNonNull(lastEventId, "lastEventId"), null, 0);
    }

    /**
     * With the kept events of the whole selector that were published at {@code time} or later; a gap is said first if an
     * event of that time is no longer kept. A time that is still to come is as {@link #live}.
     *
     * <p>The hub notes by a clock that does not jump when an event was published, and compares it with the wall clock when
     * a stream begins. So {@code time} means what it says as long as the wall clock is right when the stream begins, and has
     * not been put back or forward between the reading of {@code time} and that moment. Time that the machine slept does not
     * count, so that a few events too many may come.
     */
    public static StartPosition since(Instant time) {
        return new StartPosition(null, Objects.requireNonNull(time, "time"), 0);
    }

    /**
     * With the last {@code events} kept events of the whole selector, at most {@link #MAX_REPLAY}.
     *
     * @throws IllegalArgumentException if negative
     */
    public static StartPosition replay(int events) {
        if (events < 0) {
            throw new IllegalArgumentException("replay: " + events + " (expected: 0 or more)");
        }
        return events == 0 ? LIVE : new StartPosition(null, null, Math.min(events, MAX_REPLAY));
    }

    /** The id after which the stream begins; null if it begins otherwise. */
    public @Nullable String lastEventId() {
        return lastEventId;
    }

    /** The time since which events are wanted; null if the stream begins otherwise. */
    public @Nullable Instant since() {
        return since;
    }

    /** How many kept events are wanted; 0 if the stream begins otherwise. */
    public int replay() {
        return replay;
    }
}
