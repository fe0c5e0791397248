package io.sluice.sse.hub;

import io.sluice.sse.ClosedException;
import io.sluice.sse.SinkFullException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The small bounded queue of what a source sent to one sink and the lane has not written yet. Thread-safe; made with the
 * first direct send, since most sinks never see one.
 */
final class DirectSends {

    static final int MAX_EVENTS = 64;
    static final int MAX_BYTES = 256 * 1024;

    record Send(byte[] wire, CompletableFuture<Void> sent) {}

    private final LaneSink sink;

    // Guarded by this.
    private final ArrayDeque<Send> queue = new ArrayDeque<>(4);
    private int bytes;
    private @Nullable ClosedException closed;

    DirectSends(LaneSink sink) {
        this.sink = sink;
    }

    synchronized CompletionStage<Void> offer(byte[] wire) {
        if (closed != null) {
            return CompletableFuture.failedStage(closed);
        }
        // One event always fits, however large.
        if (!queue.isEmpty() && (queue.size() >= MAX_EVENTS || bytes + wire.length > MAX_BYTES)) {
            return CompletableFuture.failedStage(new SinkFullException("sink " + sink.id() + " has " + queue.size()
                    + " events of " + bytes + " bytes waiting (at most " + MAX_EVENTS + " events, " + MAX_BYTES
                    + " bytes): the client does not read"));
        }
        CompletableFuture<Void> sent = new CompletableFuture<>();
        queue.add(new Send(wire, sent));
        bytes += wire.length;
        return sent.minimalCompletionStage();
    }

    synchronized @Nullable Send poll() {
        Send next = queue.poll();
        if (next != null) {
            bytes -= next.wire.length;
        }
        return next;
    }

    synchronized boolean isEmpty() {
        return queue.isEmpty();
    }

    /** Refuses what is still there and everything after it. */
    void close(ClosedException why) {
        synchronized (this) {
            closed = why;
        }
        for (Send send = poll(); send != null; send = poll()) {
            send.sent.completeExceptionally(why);
        }
    }
}
