package io.sluice.sse.source;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Work that only one thread at a time does. Signals may come from any thread and may be nested. The first signal runs
 * the work on its own thread; the work runs once more if further signals arrived meanwhile.
 */
abstract class SerialWork {

    private final AtomicInteger signals = new AtomicInteger();

    final void signal() {
        if (signals.getAndIncrement() > 0) {
            return; // the thread that does the work checks once more
        }
        int seen = 1;
        do {
            try {
                work();
            } catch (Throwable t) {
                failed(t);
            }
            seen = signals.addAndGet(-seen);
        } while (seen > 0);
    }

    abstract void work();

    /** Called on the thread that does the work after {@link #work} has thrown. */
    abstract void failed(Throwable failure);
}
