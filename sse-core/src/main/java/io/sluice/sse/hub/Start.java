package io.sluice.sse.hub;

import org.jspecify.annotations.Nullable;

/**
 * Where a subscription begins in the hub's sequence. Immutable.
 */
public final class Start {

    /** Replays are cut to this many events. */
    public static final int MAX_REPLAY = 100_000;

    private static final Start LIVE = new Start(null, 0);

    private final @Nullable String lastEventId;
    private final int replay;

    private Start(@Nullable String lastEventId, int replay) {
        this.lastEventId = lastEventId;
        this.replay = replay;
    }

    /** With what is published from now on. */
    public static Start live() {
        return LIVE;
    }

    /**
     * Behind the event with this id, as a client sends it in {@code Last-Event-ID}. Any string is allowed: one that
     * leads nowhere makes a gap, never an error.
     */
    public static Start after(String lastEventId) {
        return new Start(lastEventId, 0);
    }

    /**
     * With the last {@code events} kept events of the whole selector, at most {@link #MAX_REPLAY}.
     *
     * @throws IllegalArgumentException if negative
     */
    public static Start replay(int events) {
        if (events < 0) {
            throw new IllegalArgumentException("replay: " + events + " (expected: 0 or more)");
        }
        return events == 0 ? LIVE : new Start(null, Math.min(events, MAX_REPLAY));
    }

    @Nullable
    String lastEventId() {
        return lastEventId;
    }

    int replay() {
        return replay;
    }
}
