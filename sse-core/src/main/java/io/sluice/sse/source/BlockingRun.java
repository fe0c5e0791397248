package io.sluice.sse.source;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Scope;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.Sink;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One run of a {@link BlockingSource} for one sink. It uses a lock and not a monitor, because in the first JDKs with
 * virtual threads a virtual thread that waits in a monitor blocks its carrier thread.
 *
 * <p>A waiting source occupies a thread of the user executor, perhaps the last one. So the wake-up must not need such a
 * thread: it runs on the lane.
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
        // The source's own thread is interrupted at the end; other threads that send through this sink are only woken.
        Registration end = sink.scope().onStep(Scope.CloseStep.TASKS, reason -> wake());
        Registration writable = sink.onWritable(Runnable::run, this::wake);
        try {
            source.run(this);
            if (sink.isOpen()) {
                sink.complete();
            }
        } catch (Throwable t) {
            // After the client has left, interrupted code may throw anything.
            if (sink.isOpen()) {
                sink.fail(t);
            } else if (t instanceof Error error) {
                throw error;
            }
        } finally {
            writable.cancel();
            end.cancel();
            wake(); // the sink has ended, and the registrations that would wake a sender are cancelled now
        }
    }

    /** Usually runs on the lane, so the lock is held only for a short check of the sink. */
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
        // Tried without the lock first: usually the sink accepts the event.
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
                        // the close caused the interrupt; the next blocking call must see it too
                        Thread.currentThread().interrupt();
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
