package io.sluice.sse.source;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Source;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import java.util.stream.Stream;

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

    /**
     * A source that sends what a supplier gives, at once and then each time a period has passed since the last was sent.
     * While the sink is not writable nothing is asked for and nothing made up for later, so a client that stalls meets no
     * burst; what was asked for when it stalled comes when it reads again, before anything else is asked for. The supplier runs in the sink's user
     * code, for each sink anew, and must be thread-safe if several have this source; if it throws, the sink closes with {@link CloseReason#SOURCE_FAILED}.
     *
     * @throws IllegalArgumentException if the period is not positive
     */
    public static Source periodic(Duration period, Supplier<Event> events) {
        Objects.requireNonNull(events, "events");
        if (period.isNegative() || period.isZero()) {
            throw new IllegalArgumentException("period: " + period + " (expected: more than zero)");
        }
        return sink -> PeriodicRun.start(sink, period, events);
    }

    /**
     * A source that sends the events of an iterator, a new one for each sink, at the client's pace, and completes the sink
     * behind the last, for good. It holds no thread while the client does not read. An iterator that is {@link
     * AutoCloseable} is closed when the sink has ended, however it does; if it throws, the sink closes with {@link
     * CloseReason#SOURCE_FAILED}. It runs in the sink's user code: one that waits long for its next element belongs into
     * {@link #blocking}, which interrupts it.
     */
    public static Source iterating(Iterable<? extends Event> events) {
        Objects.requireNonNull(events, "events");
        return sink -> {
            Iterator<? extends Event> iterator = events.iterator();
            IteratorRun.start(sink, iterator, iterator instanceof AutoCloseable resource ? resource : null);
        };
    }

    /** As {@link #iterating}, for a stream that the supplier makes for each sink, and that is closed when that has ended. */
    public static Source streaming(Supplier<? extends Stream<? extends Event>> events) {
        Objects.requireNonNull(events, "events");
        return sink -> {
            Stream<? extends Event> stream = events.get();
            try {
                IteratorRun.start(sink, stream.iterator(), stream);
            } catch (Throwable t) {
                stream.close();
                throw t;
            }
        };
    }

    /**
     * A source that follows a text file as it grows: each line that has come to its end is an event. See {@link FileTail}
     * for what can be chosen, and for what becomes of files that are replaced or cut.
     */
    public static FileTail tail(Path file) {
        return FileTail.of(file);
    }

    /**
     * A source that shows each sink the progress of a job: the newest state at once, later ones as they come, where a
     * client that is slow gets the latest only; behind the last one the sink is complete, for good.
     */
    public static Source job(Job job) {
        Objects.requireNonNull(job, "job");
        return sink -> JobRun.start(sink, job);
    }
}
