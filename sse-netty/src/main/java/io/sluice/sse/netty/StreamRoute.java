package io.sluice.sse.netty;

import io.sluice.sse.hub.Selector;
import io.sluice.sse.hub.Start;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides what a request for a stream gets. Called on an event loop, for many requests at once: it must be thread-safe and
 * must not block.
 */
@FunctionalInterface
public interface StreamRoute {

    /**
     * The stream for this request.
     *
     * @throws Refusal if there is none for it
     * @throws IllegalArgumentException as {@link Selector#of} does; answered with 400
     */
    SseStream open(SseRequest request);

    /**
     * Topics and patterns as the request names them: behind the route's path, and in {@code ?topic=}, any number of them.
     * It begins as {@link #startOf} says. With {@code ?envelope=1} each event tells its topic ({@link
     * Selector#withEnvelope}).
     */
    static StreamRoute topics() {
        return request -> {
            List<String> terms = new ArrayList<>(request.queryAll("topic"));
            if (!request.subPath().isEmpty()) {
                terms.add(0, request.subPath());
            }
            Selector selector = Selector.of(terms);
            return SseStream.of(wantsEnvelope(request) ? selector.withEnvelope() : selector, startOf(request));
        };
    }

    private static boolean wantsEnvelope(SseRequest request) {
        String envelope = request.query("envelope");
        if (envelope == null || envelope.equals("0")) {
            return false;
        }
        if (!envelope.equals("1")) {
            throw new IllegalArgumentException("envelope: \"" + envelope + "\" (expected: 1 or 0)");
        }
        return true;
    }

    /**
     * Where a request wants to begin: behind its {@link SseRequest#lastEventId}, else with what was published since {@code
     * ?since=}, else with the last {@code ?replay=} events, else now. The first of these that is there decides, and the others
     * are not looked at: so a client that comes back to the same address goes on where it was. A time is written as RFC 3339
     * has it ({@code 2026-11-21T10:00:00.5Z}), or in milliseconds since the beginning of 1970.
     *
     * @throws IllegalArgumentException if what decides is no time, or no number of events
     */
    static Start startOf(SseRequest request) {
        String lastEventId = request.lastEventId();
        if (lastEventId != null) {
            return Start.after(lastEventId);
        }
        String since = request.query("since");
        if (since != null) {
            return Start.since(time(since));
        }
        String replay = request.query("replay");
        if (replay == null) {
            return Start.live();
        }
        try {
            return Start.replay(Integer.parseInt(replay));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("replay: \"" + replay + "\" (expected: a whole number, 0 or more)", e);
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
