package io.sluice.sse.hub.log;

import io.sluice.sse.history.History;
import io.sluice.sse.history.HistoryException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Reads from the history, one after the other on a thread of its own; a read of something that the writer has not put there
 * yet waits for it. Thread-safe.
 */
public final class HistoryReader {

    /** What is asked of the history; exactly one of the two is called, off every lane. */
    public interface Read {
        void run(History history, long stored);

        void failed(RuntimeException why);
    }

    private record Waiting(long position, Read read) {}

    private final History history;
    private final Executor userExecutor;
    private final ThreadPoolExecutor reader;

    // Guarded by this.
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>(Comparator.comparingLong(Waiting::position));
    private long stored;
    private boolean closed;

    HistoryReader(History history, Executor userExecutor) {
        this.history = history;
        this.userExecutor = userExecutor;
        this.reader = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "sluice-history-reader");
            thread.setDaemon(true);
            return thread;
        });
        reader.allowCoreThreadTimeOut(true);
    }

    /** Reads as soon as everything up to {@code position} is in the history. */
    public void when(long position, Read read) {
        boolean now;
        synchronized (this) {
            now = closed || stored >= position;
            if (!now) {
                waiting.add(new Waiting(position, read));
            }
        }
        if (now) {
            execute(read);
        }
    }

    /** The writer has put everything up to {@code position} there. */
    void passed(long position) {
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
            reader.execute(() -> run(read));
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
            read.run(history, upTo);
        } catch (RuntimeException e) {
            read.failed(e);
        } catch (Error e) {
            read.failed(new HistoryException("the history could not be read", e));
        }
    }

    public synchronized boolean isClosed() {
        return closed;
    }

    /** Runs what is none of the history's business elsewhere. */
    void runBlocking(Runnable work) {
        userExecutor.execute(work);
    }

    /** Lets the reads that run come to their end, and fails the others. Waits for that. */
    void close() {
        List<Waiting> left;
        synchronized (this) {
            closed = true;
            left = new ArrayList<>(waiting);
            waiting.clear();
        }
        HistoryException why = new HistoryException("the history is closed", null);
        left.forEach(one -> one.read.failed(why));
        reader.shutdown();
        boolean interrupted = false;
        while (true) {
            try {
                if (reader.awaitTermination(1, TimeUnit.MINUTES)) {
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
