package io.sluice.sse.netty;

import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Decides which stream a request gets. It is called on event loops, concurrently: it must be thread-safe and must not
 * block.
 */
@FunctionalInterface
public interface StreamRoute {

    /**
     * Returns the stream for a request.
     *
     * <p>Only an {@link HttpStatusException} speaks to the client. Any other exception is logged, and the client gets
     * status 500. So read what a client may get wrong with {@link SseRequest#selector} and {@link #startOf}, which
     * reject it with status 400.
     *
     * @throws HttpStatusException if the request is rejected
     */
    SseStream open(SseRequest request);

    /**
     * Returns a route that decides later, for example after a look-up in a database. While the stage is not complete,
     * the client waits and counts as a stream for the limits. If the client leaves, or after the server's {@code
     * decisionTimeout} (503, and the client may retry), its place is free again, and the result of the stage is
     * ignored. To identify the client, use an {@link Authenticator} instead.
     *
     * @param route returns a stage, which completes on any thread. A stage that fails has the same effect as throwing
     *     its exception. The function has the duties of {@link #open}.
     */
    @CheckReturnValue
    static StreamRoute async(Function<? super SseRequest, ? extends CompletionStage<SseStream>> route) {
        Objects.requireNonNull(route, "route");
        return new StreamRoute() {
            @Override
            public SseStream open(SseRequest request) {
                throw new UnsupportedOperationException("an asynchronous route is called by openAsync");
            }

            @Override
            public CompletionStage<SseStream> openAsync(SseRequest request) {
                return route.apply(request);
            }
        };
    }

    /** As {@link #open}, for a route that may be asynchronous. The server calls this method. */
    default CompletionStage<SseStream> openAsync(SseRequest request) {
        return CompletableFuture.completedFuture(open(request));
    }

    /**
     * Rejects a request that can never get a stream. The server calls this method instead of {@link #open} when a
     * limit, a rate or a drain has rejected the request. A permanent rejection by this method then replaces the
     * response of the limit, which would ask the client to retry in vain. So the method must be fast, must depend on
     * nothing but the request, and must have no side effects. A request that it accepts, or rejects with a retryable
     * exception, gets the response of the limit. The default accepts every request.
     *
     * @throws HttpStatusException if the request can never get a stream
     */
    default void check(SseRequest request) {}

    /**
     * Returns a route that changes each stream of this route, for example adds another form of heartbeat, or rejects
     * it. {@link #check} stays that of this route.
     *
     * <p>The function sees the request and the stream. A decision about topics must depend on {@link
     * SseStream#selector}, which is what the client is subscribed to: a check of the path alone does not see topics of
     * the query, nor what the client is subscribed to later. {@link #allowing} checks all of them.
     *
     * @param more returns the changed stream. It may reject the request like a route, and has the same duties: it must
     *     be thread-safe and must not block.
     */
    @CheckReturnValue
    default StreamRoute with(BiFunction<? super SseRequest, ? super SseStream, SseStream> more) {
        Objects.requireNonNull(more, "more");
        StreamRoute route = this;
        return new StreamRoute() {
            @Override
            public SseStream open(SseRequest request) {
                return more.apply(request, route.open(request));
            }

            @Override
            public CompletionStage<SseStream> openAsync(SseRequest request) {
                return route.openAsync(request).thenApply(stream -> more.apply(request, stream));
            }

            @Override
            public void check(SseRequest request) {
                route.check(request);
            }
        };
    }

    /**
     * Returns a route whose clients get only the topics that the rules allow to their identity ({@link
     * SseRequest#identity}, or that of the stream). Any other topic or pattern is status 403, or 401 if the rules would
     * allow it to a client that authenticates itself. It does not matter whether the topic comes from the path, the
     * query or the code of the route, whether it is replayed or live, or whether the client is subscribed to it later
     * ({@link io.sluice.sse.topic.HubSink#subscribe}).
     */
    @CheckReturnValue
    default StreamRoute allowing(AccessRules rules) {
        Objects.requireNonNull(rules, "rules");
        return with((request, stream) -> stream.allowing(rules));
    }

    /**
     * The route for the one topic whose name follows the route's path, which must end with {@code /**}. A pattern, or a
     * {@code ?topic=} parameter, is rejected with status 400. So the path names every topic that the stream subscribes
     * to. {@link #allowing} decides which topics a client may name.
     *
     * <p>{@link #startOf} determines where the stream starts. With {@code ?envelope=1} each event contains its topic
     * ({@link Selector#withEnvelope}). Its {@link #check} rejects every request that {@link #open} cannot understand.
     */
    static StreamRoute topics() {
        return TopicsRoute.ONE_OF_PATH;
    }

    /**
     * The route for all topics and patterns that the request names: after the route's path, and in any number of
     * {@code ?topic=} parameters. <b>A client may subscribe to every topic of the hub</b>, {@code **} included. So use
     * it for public topics only, or with access rules ({@link #allowing}, {@link SseServerBuilder#access}).
     *
     * <p>Otherwise it is like {@link #topics}.
     */
    static StreamRoute anyTopics() {
        return TopicsRoute.ANY;
    }

    /**
     * The position where the stream of a request starts. The first of these that the request has decides; the others
     * are ignored. So a client that reconnects to the same URL resumes where it was.
     *
     * <ol>
     *   <li>{@link SseRequest#lastEventId}: after this event.
     *   <li>{@code ?since=}: with the events published since this time, in the format of RFC 3339
     *       ({@code 2026-11-21T10:00:00.5Z}) or in milliseconds since the beginning of 1970.
     *   <li>{@code ?replay=}: with this number of latest events, at most {@link StartPosition#MAX_REPLAY}.
     *   <li>None of them: with the next event.
     * </ol>
     *
     * @throws HttpStatusException (400) if the deciding parameter is not a time or not a number of events
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
            throw HttpStatusException.of(400, "replay: \"" + replay + "\" (expected: a whole number, 0 or more)");
        }
        try {
            return StartPosition.replay(Integer.parseInt(replay));
        } catch (NumberFormatException e) { // too many digits
            return StartPosition.replay(StartPosition.MAX_REPLAY);
        }
    }

    private static Instant time(String since) {
        try {
            return since.matches("[0-9]{1,15}") ? Instant.ofEpochMilli(Long.parseLong(since)) : Instant.parse(since);
        } catch (DateTimeParseException e) {
            throw HttpStatusException.of(
                    400,
                    "since: \"" + since
                            + "\" (expected: a time such as 2026-11-21T10:00:00Z, its offset if any with %2B"
                            + " for a plus, or milliseconds since 1970)");
        }
    }
}
