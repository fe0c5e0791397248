package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends the events of a supplier to one sink: one at once, and one after each period in which the sink is writable.
 * Everything runs in the sink's user code, which is serial.
 */
final class PeriodicRun {

    private final Sink sink;
    private final Supplier<Event> events;

    /** Taken from the supplier but not accepted by the sink, because its client stopped reading meanwhile. */
    private @Nullable Event held;

    private PeriodicRun(Sink sink, Supplier<Event> events) {
        this.sink = sink;
        this.events = events;
    }

    static void start(Sink sink, Duration period, Supplier<Event> events) {
        PeriodicRun run = new PeriodicRun(sink, events);
        run.send();
        sink.scope().every(period, run::tick);
    }

    private void tick() {
        if (sink.isWritable()) {
            try {
                send();
            } catch (Throwable t) {
                sink.fail(t);
            }
        }
    }

    private void send() {
        Event next = held == null ? events.get() : held;
        held = sink.offer(next) ? null : next;
    }
}
