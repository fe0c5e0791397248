package io.sluice.sse.source;

import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;

/** A sink for code that may block: its {@link #send} waits for the client. Thread-safe. */
public interface BlockingSink {

    /**
     * Sends an event, after waiting until the sink is writable. The events of one thread keep their order, and none is
     * dropped, whoever else sends to this sink and whatever the hub's options say of a full queue.
     *
     * @throws ClosedException if the sink has ended, before or while it waited
     * @throws InterruptedException if the thread was interrupted while the sink was open
     * @throws IllegalArgumentException as {@link Sink#send}
     */
    void send(Event event) throws InterruptedException;

    /** Whether the stream is open. */
    boolean isOpen();

    /** The sink behind: its id, its scope, its ends. */
    Sink sink();
}
