package io.sluice.sse.netty;

import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * Decides what a request for a stream gets. Called on an event loop, for many requests at once: it must be thread-safe and
 * must not block.
 */
@FunctionalInterface
public interface StreamRoute {

    /**
     * The stream for this request.
     *
     * @throws HttpStatusException if there is none for it
     * @throws IllegalArgumentException as {@link Selector#of} does; answered with 400
     */
    SseStream open(SseRequest request);

    /**
     * Refuses what will never be granted, as far as the request alone tells it. Asked in place of {@link #open} where a
     * limit, a rate or a drain has refused a request: one that can never have a stream gets this answer then, and is not
     * told to come back. So it must be quick, must know no state and do nothing. What it does not refuse, and what it
     * refuses for now only, is answered as the limit wants it. Unless a route says otherwise, that is everything.
     *
     * @throws HttpStatusException if there is never a stream for it
     * @throws IllegalArgumentException as {@link Selector#of} does; answered with 400
     */
    default void check(SseRequest request) {}

    /**
     * This route, with what {@code more} makes of each stream that it gives: an identity, say, or heartbeats of another form.
     * {@code more} may refuse a request as a route may, and {@link #check} stays that of this route.
     */
    default StreamRoute with(BiFunction<? super SseRequest, ? super SseStream, SseStream> more) {
        Objects.requireNonNull(more, "more");
        StreamRoute route = this;
        return new StreamRoute() {
            @Override
            public SseStream open(SseRequest request) {
                return more.apply(request, route.open(request));
            }

            @Override
            public void check(SseRequest request) {
                route.check(request);
            }
        };
    }

    /**
     * Topics and patterns as the request names them: behind the route's path, and in {@code ?topic=}, any number of them.
     * It begins as {@link #startOf} says. With {@code ?envelope=1} each event tells its topic ({@link
     * Selector#withEnvelope}). What of that cannot be understood is refused at a limit too.
     */
    static StreamRoute topics() {
        return TopicsRoute.INSTANCE;
    }

    /**
     * Where a request wants to begin: behind its {@link SseRequest#lastEventId}, else with what was published since {@code
     * ?since=}, else with the last {@code ?replay=} events (at most {@link StartPosition#MAX_REPLAY}), else now. The first of these that is there decides, and the others
     * are not looked at: so a client that comes back to the same address goes on where it was. A time is written as RFC 3339
     * has it ({@code 2026-11-21T10:00:00.5Z}), or in milliseconds since the beginning of 1970.
     *
     * @throws IllegalArgumentException if what decides is no time, or no number of events
     */
    static StartPosition startOf(SseRequest request) {
        String lastEventId = request.lastEventId();
        if (lastEventId != null) {
            return StartPosition.after(lastEventId);
        }
        String since = request.query("since");
        if (since != null) {
            return StartPosition.since(time(since));
        }
        String replay = request.query("replay");
        if (replay == null) {
            return StartPosition.live();
        }
        if (!replay.matches("[0-9]+")) {
            throw new IllegalArgumentException("replay: \"" + replay + "\" (expected: a whole number, 0 or more)");
        }
        try {
            return StartPosition.replay(Integer.parseInt(replay));
        } catch (NumberFormatException e) { // has too many digits
            return StartPosition.replay(StartPosition.MAX_REPLAY);
        }
    }

    private static Instant time(String since) {
        try {
            return since.matches("[0-9]{1,15}") ? Instant.ofEpochMilli(Long.parseLong(since)) : Instant.parse(since);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "since: \"" + since
                            + "\" (expected: a time such as 2026-11-21T10:00:00Z, its offset if any with %2B"
                            + " for a plus, or milliseconds since 1970)",
                    e);
        }
    }
}
