package io.sluice.sse.netty;

import io.sluice.sse.Identity;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Heartbeat;
import io.sluice.sse.hub.Selector;
import io.sluice.sse.hub.Start;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a route gives to a request: topics to listen to, a source of its own, or both. Immutable.
 */
public final class SseStream {

    private final @Nullable Selector selector;
    private final Start start;
    private final @Nullable Source source;
    private final StreamManner manner;

    private SseStream(@Nullable Selector selector, Start start, @Nullable Source source, StreamManner manner) {
        this.selector = selector;
        this.start = start;
        this.source = source;
        this.manner = manner;
    }

    /** A stream of hub topics, from {@code start} on. */
    public static SseStream of(Selector selector, Start start) {
        return new SseStream(
                Objects.requireNonNull(selector, "selector"),
                Objects.requireNonNull(start, "start"),
                null,
                StreamManner.USUAL);
    }

    /** A stream that a source fills for this client alone. */
    public static SseStream of(Source source) {
        return new SseStream(null, Start.live(), Objects.requireNonNull(source, "source"), StreamManner.USUAL);
    }

    /** This stream, and a source beside the topics. */
    public SseStream with(Source newSource) {
        return new SseStream(selector, start, Objects.requireNonNull(newSource, "source"), manner);
    }

    /** This stream, with heartbeats of another form. */
    public SseStream heartbeat(Heartbeat heartbeat) {
        return with(
                new StreamManner(Objects.requireNonNull(heartbeat, "heartbeat"), manner.drain(), manner.identity()));
    }

    /** This stream, with another end when the server shuts down. */
    public SseStream drain(DrainMode mode) {
        return with(new StreamManner(manner.heartbeat(), Objects.requireNonNull(mode, "mode"), manner.identity()));
    }

    /** This stream, for a client of which the application knows who it is. */
    public SseStream identity(Identity identity) {
        return with(new StreamManner(manner.heartbeat(), manner.drain(), Objects.requireNonNull(identity, "identity")));
    }

    private SseStream with(StreamManner newManner) {
        return new SseStream(selector, start, source, newManner);
    }

    @Nullable
    Selector selector() {
        return selector;
    }

    StreamManner manner() {
        return manner;
    }

    Start start() {
        return start;
    }

    @Nullable
    Source source() {
        return source;
    }
}
