package io.sluice.sse.netty;

import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import io.sluice.sse.Source;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
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

    private SseStream(
            @Nullable Selector selector, StartPosition start, @Nullable Source source, StreamSettings settings) {
        this.selector = selector;
        this.start = start;
        this.source = source;
        this.settings = settings;
    }

    /** A stream of the events of hub topics, from {@code start} on. */
    public static SseStream of(Selector selector, StartPosition start) {
        return new SseStream(
                Objects.requireNonNull(selector, "selector"),
                Objects.requireNonNull(start, "start"),
                null,
                StreamSettings.DEFAULT);
    }

    /** A stream that a source fills, for this client only. */
    public static SseStream of(Source source) {
        return new SseStream(
                null, StartPosition.live(), Objects.requireNonNull(source, "source"), StreamSettings.DEFAULT);
    }

    /** This stream with a source, in addition to its topics. */
    public SseStream with(Source newSource) {
        return new SseStream(selector, start, Objects.requireNonNull(newSource, "source"), settings);
    }

    /** This stream with another form of heartbeat. */
    public SseStream heartbeat(Heartbeat heartbeat) {
        return with(new StreamSettings(
                Objects.requireNonNull(heartbeat, "heartbeat"), settings.drain(), settings.identity()));
    }

    /** This stream with another way to end when the server shuts down. */
    public SseStream drain(DrainMode mode) {
        return with(
                new StreamSettings(settings.heartbeat(), Objects.requireNonNull(mode, "mode"), settings.identity()));
    }

    /** This stream with the identity of its client, as the application knows it. */
    public SseStream identity(Identity identity) {
        return with(new StreamSettings(
                settings.heartbeat(), settings.drain(), Objects.requireNonNull(identity, "identity")));
    }

    private SseStream with(StreamSettings newSettings) {
        return new SseStream(selector, start, source, newSettings);
    }

    /** The topics and patterns that the stream subscribes to; null if only a source fills it. */
    public @Nullable Selector selector() {
        return selector;
    }

    /** Where the subscription starts. */
    public StartPosition startPosition() {
        return start;
    }

    StreamSettings settings() {
        return settings;
    }

    @Nullable
    Source source() {
        return source;
    }
}
