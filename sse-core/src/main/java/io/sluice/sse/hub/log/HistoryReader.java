package io.sluice.sse.hub.log;

import io.sluice.sse.history.HistoryException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs the reads of past events one after another, on a thread of its own. A read of events that the writer of a
 * history has not stored yet waits until they are stored. Thread-safe.
 */
public final class HistoryReader {

    /** One read of past events. Exactly one of its methods is called, never on a lane. */
    public interface Read {

        /** @param stored the position up to which events can be read */
        void run(PastEvents past, long stored);

        void failed(RuntimeException cause);
    }

    private record WaitingRead(long position, Read read) {}

    private final PastEvents past;
    private final ThreadPoolExecutor executor;

    // Guarded by this.
    private final PriorityQueue<WaitingRead> waiting =
            new PriorityQueue<>(Comparator.comparingLong(WaitingRead::position));
    private long stored;
    private boolean closed;

    HistoryReader(PastEvents past) {
        this.past = past;
        this.executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "sluice-history-reader");
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    /** Runs the read as soon as all events up to {@code position} are in the history. */
    public void whenStored(long position, Read read) {
        boolean now;
        synchronized (this) {
            now = closed || stored >= position;
            if (!now) {
                waiting.add(new WaitingRead(position, read));
            }
        }
        if (now) {
            execute(read);
        }
    }

    /** The writer has stored all events up to {@code position}. */
    void onStored(long position) {
        List<Read> ready = new ArrayList<>(0);
        synchronized (this) {
            stored = position;
            while (!waiting.isEmpty() && waiting.element().position <= position) {
                ready.add(waiting.remove().read);
            }
        }
        ready.forEach(this::execute);
    }

    private void execute(Read read) {
        try {
            executor.execute(() -> run(read));
        } catch (RuntimeException e) {
            read.failed(new HistoryException("the history is closed", e));
        }
    }

    private void run(Read read) {
        long upTo;
        synchronized (this) {
            upTo = stored;
        }
        try {
            read.run(past, upTo);
        } catch (RuntimeException e) {
            read.failed(e);
        } catch (Throwable t) {
            read.failed(new HistoryException("cannot read the history", t));
        }
    }

    public synchronized boolean isClosed() {
        return closed;
    }

    /** Fails the reads that wait, and returns when those that were submitted have ended. */
    void close() {
        List<WaitingRead> remaining;
        synchronized (this) {
            closed = true;
            remaining = new ArrayList<>(waiting);
            waiting.clear();
        }
        HistoryException cause = new HistoryException("the history is closed", null);
        remaining.forEach(each -> each.read.failed(cause));
        executor.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (executor.awaitTermination(1, TimeUnit.MINUTES)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
