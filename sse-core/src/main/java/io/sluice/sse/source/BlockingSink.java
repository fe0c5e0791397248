package io.sluice.sse.source;

import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;

/** A sink for code that may block: {@link #send} waits for the client. Thread-safe. */
public interface BlockingSink {

    /**
     * Waits until the sink is writable and sends an event. The events of one thread keep their order. No event is
     * dropped, whatever other threads send to this sink and whatever the hub's options are for a full queue.
     *
     * @throws ClosedException if the sink has ended before the call or during the wait
     * @throws InterruptedException if the thread was interrupted while the sink was open
     * @throws IllegalArgumentException as {@link Sink#send}
     */
    void send(Event event) throws InterruptedException;

    /** Whether the stream is open. */
    boolean isOpen();

    /** The underlying sink, with its id, its scope and its close methods. */
    Sink sink();
}
