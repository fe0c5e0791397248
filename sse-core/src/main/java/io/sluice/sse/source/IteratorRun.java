package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Sends the events of an iterator to one sink while the sink is writable, and completes the sink after the last one.
 * The sink's user code, which is serial, runs {@link #run} and closes the iterator, so the two never overlap.
 */
final class IteratorRun {

    private final Sink sink;
    private final Iterator<? extends Event> events;

    /** Taken from the iterator but not yet accepted by the sink, because other code filled the sink meanwhile. */
    private @Nullable Event held;

    private boolean done;

    private IteratorRun(Sink sink, Iterator<? extends Event> events) {
        this.sink = sink;
        this.events = events;
    }

    /** @param resource closed when the sink has ended, for whatever reason */
    static void start(Sink sink, Iterator<? extends Event> events, @Nullable AutoCloseable resource) {
        if (resource != null) {
            sink.scope().onClose(reason -> close(resource));
        }
        sink.onWritable(new IteratorRun(sink, events)::run);
    }

    private void run() {
        try {
            while (!done && sink.isWritable()) {
                if (held == null && !events.hasNext()) {
                    done = true;
                    sink.complete();
                    return;
                }
                Event next = held == null ? events.next() : held;
                held = sink.offer(next) ? null : next;
            }
        } catch (Throwable t) {
            done = true;
            sink.fail(t);
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing " + resource + " failed", e);
        }
    }
}
