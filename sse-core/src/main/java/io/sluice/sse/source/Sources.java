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
 * Creates sources. The returned sources keep no state of a client, so one source can serve many clients.
 *
 * <p>They are not notified when the server {@linkplain Source#draining drains}: they continue until they finish or
 * until the server closes their stream. To react to a drain, implement {@link Source}.
 */
public final class Sources {

    private Sources() {}

    /**
     * Returns a source that subscribes each sink to a publisher. It requests events at the client's pace: a few at a
     * time while the sink is writable, and none while it is not. No event is dropped.
     *
     * <p>The subscription is cancelled when the client leaves. When the publisher completes, the sink completes for
     * good. When the publisher fails, or violates the rules of Reactive Streams, the sink closes with {@link
     * CloseReason#SOURCE_FAILED}. {@code subscribe} runs in the sink's user code. {@code request} and {@code cancel}
     * run there or on the publisher's thread, one at a time, and must return soon.
     */
    public static Source from(Flow.Publisher<? extends Event> publisher) {
        Objects.requireNonNull(publisher, "publisher");
        return sink -> SinkSubscriber.of(sink).subscribeTo(publisher);
    }

    /**
     * Returns a source that runs code which may block, on one thread of the user executor for each sink (a virtual
     * thread if the JDK has them). When the code returns, the sink completes for good; if the code throws, the sink
     * closes with {@link CloseReason#SOURCE_FAILED}. When the client leaves, the thread is interrupted.
     *
     * <p>Each client occupies a thread until its stream ends. On a user executor with {@code n} threads at most {@code
     * n} of these sources run at a time. The others, and all other user code, wait until one ends.
     */
    public static Source blocking(BlockingSource source) {
        Objects.requireNonNull(source, "source");
        return sink -> BlockingRun.start(sink, source);
    }

    /**
     * Returns a source that sends events of a supplier: one at once, and then one each time a period has passed since
     * the last. While the sink is not writable, the supplier is not called, and nothing is made up for later, so a
     * stalled client does not receive a burst. An event that the sink did not accept because the client stalled is sent
     * first when the client reads again. The supplier runs in the user code of each sink, and must be thread-safe if
     * several sinks share this source. If it throws, the sink closes with {@link CloseReason#SOURCE_FAILED}.
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
     * Returns a source that sends the events of an iterator at the client's pace, with a new iterator for each sink,
     * and completes the sink for good after the last event. It occupies no thread while the client does not read. An
     * iterator that is {@link AutoCloseable} is closed when the sink has ended, for whatever reason. If the iterator
     * throws, the sink closes with {@link CloseReason#SOURCE_FAILED}. The iterator runs in the sink's user code: one
     * that waits long for its next element belongs in {@link #blocking}, which interrupts it.
     */
    public static Source iterating(Iterable<? extends Event> events) {
        Objects.requireNonNull(events, "events");
        return sink -> {
            Iterator<? extends Event> iterator = events.iterator();
            IteratorRun.start(sink, iterator, iterator instanceof AutoCloseable resource ? resource : null);
        };
    }

    /**
     * As {@link #iterating}, for a stream. The supplier creates one for each sink, and it is closed when the sink has
     * ended.
     */
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
     * Returns a source that follows a text file as it grows: each complete line is an event. {@link FileTail} describes
     * the options, and how replaced or truncated files are handled.
     */
    public static FileTail tail(Path file) {
        return FileTail.of(file);
    }

    /**
     * Returns a source that sends the progress of a job to each sink: the newest state at once, and then each later
     * state. A slow client receives only the latest one. After the last state the sink completes for good.
     */
    public static Source job(Job job) {
        Objects.requireNonNull(job, "job");
        return sink -> JobRun.start(sink, job);
    }
}
