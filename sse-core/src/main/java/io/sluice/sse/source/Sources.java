package io.sluice.sse.source;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Source;
import java.util.Objects;
import java.util.concurrent.Flow;

/**
 * Makes sources. Those it returns hold nothing of a client, so that one of them can serve many.
 *
 * <p>They do not hear that the server {@linkplain Source#draining drains}: they go on until they have come to their end,
 * or theirs has come. What has to hear it is a {@link Source} of its own.
 */
public final class Sources {

    private Sources() {}

    /**
     * A source that subscribes each sink to a publisher, and asks it for as much as the client takes: a few events at a
     * time while the sink is writable, none while it is not. Nothing is dropped.
     *
     * <p>The subscription is cancelled when the client leaves. When the publisher completes, the sink does too, for good;
     * when it fails, or breaks the rules of Reactive Streams, the sink closes with {@link CloseReason#SOURCE_FAILED}.
     * {@code subscribe} runs in the sink's user code; {@code request} and {@code cancel} run there or where the publisher
     * delivers, one at a time, and must return soon.
     */
    public static Source from(Flow.Publisher<? extends Event> publisher) {
        Objects.requireNonNull(publisher, "publisher");
        return sink -> SinkSubscriber.of(sink).subscribeTo(publisher);
    }

    /**
     * A source that runs code which may block, on a thread of the user executor for each sink (a virtual one where the
     * JDK has them). When the code returns, the sink is complete, for good; if it throws, the sink closes with
     * {@link CloseReason#SOURCE_FAILED}. When the client leaves, the thread is interrupted, wherever it blocks.
     *
     * <p>Each client that it serves holds a thread until its end. On a user executor of {@code n} threads no more than
     * {@code n} run at a time, and the others, and all other user code, wait for one that ends.
     */
    public static Source blocking(BlockingSource source) {
        Objects.requireNonNull(source, "source");
        return sink -> BlockingRun.start(sink, source);
    }
}
