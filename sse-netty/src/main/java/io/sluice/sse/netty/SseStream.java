package io.sluice.sse.netty;

import io.sluice.sse.Source;
import io.sluice.sse.hub.Selector;
import io.sluice.sse.hub.Start;
import org.jspecify.annotations.Nullable;

/**
 * What a route gives to a request: topics to listen to, a source of its own, or both. Immutable.
 */
public final class SseStream {

    private final @Nullable Selector selector;
    private final Start start;
    private final @Nullable Source source;

    private SseStream(@Nullable Selector selector, Start start, @Nullable Source source) {
        this.selector = selector;
        this.start = start;
        this.source = source;
    }

    /** A stream of hub topics, from {@code start} on. */
    public static SseStream of(Selector selector, Start start) {
        return new SseStream(selector, start, null);
    }

    /** A stream that a source fills for this client alone. */
    public static SseStream of(Source source) {
        return new SseStream(null, Start.live(), source);
    }

    /** This stream, and a source beside the topics. */
    public SseStream with(Source newSource) {
        return new SseStream(selector, start, newSource);
    }

    @Nullable
    Selector selector() {
        return selector;
    }

    Start start() {
        return start;
    }

    @Nullable
    Source source() {
        return source;
    }
}
