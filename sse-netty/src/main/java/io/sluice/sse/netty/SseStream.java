package io.sluice.sse.netty;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.netty.http.ResponseHead;
import io.sluice.sse.netty.stream.Drain;
import io.sluice.sse.netty.stream.StreamSettings;
import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The stream that a route returns for a request: a subscription to topics, a source for this client, or both.
 * Immutable.
 */
public final class SseStream {

    private final @Nullable Selector selector;
    private final StartPosition start;
    private final @Nullable Source source;
    private final StreamSettings settings;
    private final Opening opening;

    /** What is needed to open the stream. Not among the settings, since those live as long as the stream. */
    private record Opening(
            List<Map.Entry<String, String>> headers,
            Runnable lastCheck,
            @Nullable Compression compression) {
        static final Opening PLAIN = new Opening(List.of(), () -> {}, null);
    }

    private SseStream(
            @Nullable Selector selector,
            StartPosition start,
            @Nullable Source source,
            StreamSettings settings,
            Opening opening) {
        this.selector = selector;
        this.start = start;
        this.source = source;
        this.settings = settings;
        this.opening = opening;
    }

    /** A stream of the events of hub topics, from {@code start} on. */
    @CheckReturnValue
    public static SseStream of(Selector selector, StartPosition start) {
        return new SseStream(
                Objects.requireNonNull(selector, "selector"),
                Objects.requireNonNull(start, "start"),
                null,
                StreamSettings.DEFAULT,
                Opening.PLAIN);
    }

    /** A stream that a source fills, for this client only. */
    @CheckReturnValue
    public static SseStream of(Source source) {
        return new SseStream(
                null,
                StartPosition.live(),
                Objects.requireNonNull(source, "source"),
                StreamSettings.DEFAULT,
                Opening.PLAIN);
    }

    /** This stream with a source, in addition to its topics. */
    @CheckReturnValue
    public SseStream with(Source newSource) {
        return new SseStream(selector, start, Objects.requireNonNull(newSource, "source"), settings, opening);
    }

    /** This stream with another form of heartbeat, or another interval ({@link Heartbeat#every}). */
    @CheckReturnValue
    public SseStream heartbeat(Heartbeat heartbeat) {
        return with(settings.with(settings.options().withHeartbeat(heartbeat)));
    }

    /**
     * This stream with its own maximum lifetime, whatever the server's option is. As there, it differs by up to a tenth
     * from stream to stream. The lane looks every half second, so short lifetimes of many streams end in groups.
     *
     * @param time zero for no end, or from 1 second to 365 days
     * @throws IllegalArgumentException if it is another time
     */
    @CheckReturnValue
    public SseStream maxLifetime(Duration time) {
        return with(settings.with(settings.options().withMaxLifetime(time)));
    }

    /** This stream without {@code retry} fields: its client chooses by itself when to reconnect. */
    @CheckReturnValue
    public SseStream withoutRetry() {
        return with(settings.with(settings.options().withoutRetry()));
    }

    /**
     * This stream for a client that speaks the protocol of another product, for example that of a chat completion or of
     * MCP. It consists of the events of its topics and its source alone. So it has no first block, no {@code end}
     * event, no {@code retry} fields, and no heartbeats unless {@link #heartbeat} adds them. Its request need not
     * accept {@code text/event-stream}, because some clients ask for JSON.
     *
     * <p>Such a stream has no {@code gap} event. If its client cannot get an event that it should get, the stream is
     * cut with {@link CloseReason#SLOW_CONSUMER}. If this is known when the stream opens, the response is status 410.
     * Each end after which the client should come back is cut as by {@link #cutToResume}, since there is no event that
     * tells such an end from a complete answer. A source that completes ends the stream as complete, even if events of
     * topics still wait for the client.
     */
    @CheckReturnValue
    public SseStream bare() {
        return with(settings.with(settings.options().bare(null)));
    }

    /**
     * As {@link #bare()}, with an event at the beginning.
     *
     * @param first is sent before any other event. If it has no id and the stream has topics, its id is the position
     *     where the subscription starts, so that the client can resume from there
     */
    @CheckReturnValue
    public SseStream bare(Event first) {
        return with(settings.with(settings.options().bare(Objects.requireNonNull(first, "first"))));
    }

    /**
     * This stream for a client that reconnects only after an error, as many clients with {@code fetch} do. When the
     * server ends it and the client should come back ({@link CloseReason#isClientExpectedBack}), the response is
     * incomplete: it ends without its last chunk, or over HTTP/2 with {@code RST_STREAM}. The client gets all events
     * before. A stream that is complete ends as usual. HTTP/1.0 has no difference between the two ends.
     */
    @CheckReturnValue
    public SseStream cutToResume() {
        return with(settings.withCut());
    }

    /** This stream with another way to end when the server shuts down. */
    @CheckReturnValue
    public SseStream drain(DrainMode mode) {
        Objects.requireNonNull(mode, "mode");
        return with(settings.with(
                switch (mode) {
                    case SPREAD -> Drain.Mode.SPREAD;
                    case AT_ONCE -> Drain.Mode.AT_ONCE;
                    case AT_DEADLINE -> Drain.Mode.AT_DEADLINE;
                }));
    }

    /**
     * This stream with the identity of its client, as the application knows it. By default it is the one that the
     * {@link Authenticator} of the server has determined.
     */
    @CheckReturnValue
    public SseStream identity(Identity identity) {
        return with(settings.with(Objects.requireNonNull(identity, "identity")));
    }

    /**
     * This stream with its own kind of compression, whatever the server's option is. A stream that has secrets beside
     * text that others choose must be {@link Compression#OFF}. The stream is compressed only if the client accepts
     * gzip.
     */
    @CheckReturnValue
    public SseStream compression(Compression compression) {
        Objects.requireNonNull(compression, "compression");
        return with(new Opening(opening.headers, opening.lastCheck, compression));
    }

    /**
     * This stream with access rules, in addition to those that it has. The server rejects the request if they do not
     * allow a topic or pattern of the stream to the client. They also apply to what the client is subscribed to later.
     */
    @CheckReturnValue
    public SseStream allowing(AccessRules rules) {
        Objects.requireNonNull(rules, "rules");
        AccessRules before = settings.access();
        return with(settings.with(before == null ? rules : before.and(rules)));
    }

    /** This stream for its client, under the rules of the server. An identity that its route has set stays. */
    SseStream by(Identity identity, @Nullable AccessRules rulesOfServer) {
        SseStream stream = !settings.identity().isKnown() && identity.isKnown() ? identity(identity) : this;
        return rulesOfServer == null ? stream : stream.allowing(rulesOfServer);
    }

    /**
     * This stream with one more header in its response, for example a cookie. A name may be added more than once. The
     * headers that every stream has (content type, caching) and those that frame the response (length, encoding,
     * connection) cannot be added.
     *
     * @throws IllegalArgumentException if the name or value is not valid in a header, for example because of a line
     *     break or a character that is not ASCII, or if the header cannot be added
     */
    @CheckReturnValue
    public SseStream header(String name, String value) {
        ResponseHead.checkAdded(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
        List<Map.Entry<String, String>> more = new ArrayList<>(opening.headers);
        more.add(Map.entry(name, value));
        return with(new Opening(List.copyOf(more), opening.lastCheck, opening.compression));
    }

    /**
     * This stream with a check that runs once, after all other checks of its request: after the limits, the access
     * rules and the Accept header. So a request that they reject does not use up what is valid once, such as a ticket.
     * It does not run for HEAD. It runs on an event loop and must not block.
     *
     * @param check may reject the request by an {@link HttpStatusException}. It runs after those that the stream has
     */
    @CheckReturnValue
    public SseStream lastCheck(Runnable check) {
        Objects.requireNonNull(check, "check");
        Runnable before = opening.lastCheck;
        Runnable both = () -> {
            before.run();
            check.run();
        };
        return with(new Opening(opening.headers, both, opening.compression));
    }

    /** @throws HttpStatusException if a check of the route rejects the request */
    void runLastCheck() {
        opening.lastCheck.run();
    }

    private SseStream with(StreamSettings newSettings) {
        return new SseStream(selector, start, source, newSettings, opening);
    }

    private SseStream with(Opening newOpening) {
        return new SseStream(selector, start, source, settings, newOpening);
    }

    /** The topics and patterns that the stream subscribes to; null if only a source fills it. */
    public @Nullable Selector selector() {
        return selector;
    }

    /** Where the subscription starts. */
    public StartPosition startPosition() {
        return start;
    }

    /** The headers that the route has added. */
    List<Map.Entry<String, String>> headers() {
        return opening.headers;
    }

    /** Null if the server's option decides. */
    @Nullable
    Compression compression() {
        return opening.compression;
    }

    StreamSettings settings() {
        return settings;
    }

    @Nullable
    Source source() {
        return source;
    }

    /** When a stream ends in a drain. */
    public enum DrainMode {
        /**
         * At a time of its own, so that the ends are spread over the drain: for streams that the client resumes after
         * its last event id. The default.
         */
        SPREAD,
        /** As soon as the drain begins: for streams that are useless from a server that shuts down. */
        AT_ONCE,
        /**
         * When its source ends it, or at the deadline: for streams that a client cannot resume, such as a response that
         * is generated while it is sent. The source is {@linkplain Source#draining notified} when the drain begins, and
         * may {@linkplain Sink#complete() complete} after its current work. The sources of {@code Sources} ignore the
         * notification and continue.
         */
        AT_DEADLINE
    }
}
