package io.sluice.sse.netty;

import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When the requests of a server's connections are late: on each event loop one timer for all that wait for the same time, however many
 * connections come and go. Who waits equally long is late in the order in which the waiting began, so a list is enough. Thread-safe.
 */
final class Deadlines {

    /** A timer is not cancelled when the last one waits no longer, but runs out, and soon. */
    private static final long LONGEST_TIMER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final long requestNanos;
    private final long idleNanos;
    private final ConcurrentHashMap<EventExecutor, OnLoop> byLoop = new ConcurrentHashMap<>();

    /**
     * @param request how long a request may take to arrive; zero is for ever
     * @param idle how long a connection may wait for its next request; zero is for ever
     */
    Deadlines(Duration request, Duration idle) {
        requestNanos = request.toNanos();
        idleNanos = idle.toNanos();
    }

    OnLoop on(EventExecutor loop) {
        OnLoop deadlines = byLoop.get(loop);
        return deadlines != null ? deadlines : byLoop.computeIfAbsent(loop, this::begin);
    }

    private OnLoop begin(EventExecutor loop) {
        Waiting request = new Waiting(loop, requestNanos);
        return new OnLoop(request, new Waiting(loop, idleNanos));
    }

    /** Confined to its event loop. */
    record OnLoop(Waiting request, Waiting idle) {}

    /** Somebody who waits, in at most one list at a time. */
    abstract static class Waiter {
        private @Nullable Waiting list;
        private @Nullable Waiter before;
        private @Nullable Waiter behind;
        private long sinceNanos;

        /** It has waited for as long as it may, and is in no list any more. */
        abstract void isLate();

        /** Waits no longer. */
        final void stopWaiting() {
            Waiting of = list;
            if (of != null) {
                of.remove(this);
            }
        }
    }

    /** All who wait for one time, in the order in which they began. */
    static final class Waiting implements Runnable {
        private final EventExecutor loop;
        private final long nanos;
        private @Nullable Waiter first;
        private @Nullable Waiter last;
        /** Whether the timer runs. */
        private boolean timed;

        private Waiting(EventExecutor loop, long nanos) {
            this.loop = loop;
            this.nanos = nanos;
        }

        /** Whether nobody is ever late here. */
        boolean isUnlimited() {
            return nanos == 0;
        }

        /** Begins to wait, here and nowhere else; for ever is not to wait. */
        void begin(Waiter waiter) {
            waiter.stopWaiting();
            if (nanos == 0) {
                return;
            }
            waiter.list = this;
            waiter.sinceNanos = loop.ticker().nanoTime();
            Waiter previous = last;
            waiter.before = previous;
            if (previous == null) {
                first = waiter;
            } else {
                previous.behind = waiter;
            }
            last = waiter;
            if (!timed) {
                startTimer(nanos);
            }
        }

        private void remove(Waiter waiter) {
            Waiter previous = waiter.before;
            Waiter next = waiter.behind;
            if (previous == null) {
                first = next;
            } else {
                previous.behind = next;
            }
            if (next == null) {
                last = previous;
            } else {
                next.before = previous;
            }
            waiter.list = null;
            waiter.before = null;
            waiter.behind = null;
        }

        private void startTimer(long delayNanos) {
            loop.schedule(this, Math.min(delayNanos, LONGEST_TIMER_NANOS), TimeUnit.NANOSECONDS);
            timed = true;
        }

        @Override
        public void run() {
            long now = loop.ticker().nanoTime();
            try {
                for (Waiter waiter = first; waiter != null && left(waiter, now) <= 0; waiter = first) {
                    remove(waiter);
                    waiter.isLate();
                }
            } finally {
                timed = false;
                Waiter next = first;
                if (next != null) {
                    startTimer(Math.max(0, left(next, now)));
                }
            }
        }

        private long left(Waiter waiter, long now) {
            return nanos - (now - waiter.sinceNanos);
        }
    }
}
