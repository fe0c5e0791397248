package io.sluice.sse.source;

import io.sluice.sse.CloseReason;
import io.sluice.sse.CloseStep;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Registration;
import io.sluice.sse.Sink;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One run of a {@link BlockingSource}: its sink, and what becomes of its end. A lock and no monitor, in which a virtual
 * thread of the first JDKs that have them would hold its carrier.
 *
 * <p>Whoever waits holds a thread of the user executor, perhaps the last one: so what wakes it runs on the lane.
 */
final class BlockingRun implements BlockingSink {

    private final Sink sink;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition writableOrClosed = lock.newCondition();

    private BlockingRun(Sink sink) {
        this.sink = sink;
    }

    static void start(Sink sink, BlockingSource source) {
        BlockingRun run = new BlockingRun(sink);
        sink.scope().fork(() -> run.run(source));
    }

    private void run(BlockingSource source) {
        // The source's own thread is interrupted at the end; others that send through this sink are only woken.
        Registration end = sink.scope().onStep(CloseStep.TASKS, reason -> wake());
        Registration writable = sink.onWritable(Runnable::run, this::wake);
        try {
            source.run(this);
            if (sink.isOpen()) {
                sink.complete();
            }
        } catch (Throwable t) {
            // Once the client has left, code that was interrupted may throw what it likes.
            if (sink.isOpen()) {
                sink.fail(t);
            } else if (t instanceof Error error) {
                throw error;
            }
        } finally {
            writable.cancel();
            end.cancel();
            wake(); // the sink has ended, and what would say so may have been taken back just now
        }
    }

    /** On the lane, mostly: the lock is never held for longer than a look at the sink. */
    private void wake() {
        lock.lock();
        try {
            writableOrClosed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void send(Event event) throws InterruptedException {
        // Asked without the lock first: usually it takes it.
        while (!sink.offer(event)) {
            awaitWritable();
        }
    }

    private void awaitWritable() throws InterruptedException {
        lock.lock();
        try {
            while (!sink.isWritable()) {
                throwIfClosed();
                try {
                    writableOrClosed.await();
                } catch (InterruptedException e) {
                    if (!sink.isOpen()) {
                        Thread.currentThread().interrupt(); // it is of the end, and holds for what blocks next
                        throwIfClosed();
                    }
                    throw e;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void throwIfClosed() {
        CloseReason reason = sink.scope().reason();
        if (reason != null) {
            throw new ClosedException("sink " + sink.id(), reason);
        }
    }

    @Override
    public boolean isOpen() {
        return sink.isOpen();
    }

    @Override
    public Sink sink() {
        return sink;
    }
}
