package io.sluice.sse.netty.http;

import io.netty.util.concurrent.EventExecutor;
import io.sluice.sse.netty.socket.TcpInfo;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of a server's requests and idle connections. Each event loop has one timer per kind of deadline,
 * however many connections come and go. All waiters of a list wait equally long, so they expire in the order in which
 * they began, and a linked list is enough. Thread-safe.
 */
public final class Deadlines {

    /** The timer is not cancelled when the last waiter leaves; it runs out after at most this time. */
    private static final long MAX_TIMER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final long requestNanos;
    private final long idleNanos;
    private final ConcurrentHashMap<EventExecutor, OnLoop> byLoop = new ConcurrentHashMap<>();

    /**
     * @param request how long a request may take to arrive; zero is unlimited
     * @param idle how long a connection may wait for its next request; zero is unlimited
     */
    public Deadlines(Duration request, Duration idle) {
        requestNanos = request.toNanos();
        idleNanos = idle.toNanos();
    }

    public OnLoop on(EventExecutor loop) {
        OnLoop deadlines = byLoop.get(loop);
        return deadlines != null ? deadlines : byLoop.computeIfAbsent(loop, this::create);
    }

    private OnLoop create(EventExecutor loop) {
        Waiting request = new Waiting(loop, requestNanos);
        return new OnLoop(request, new Waiting(loop, idleNanos), new TcpInfo());
    }

    /** The lists of one event loop, and what its connections share. Confined to it. */
    public record OnLoop(Waiting request, Waiting idle, TcpInfo tcpInfo) {}

    /** An element of at most one list at a time. Confined to the event loop of the list. */
    public static final class Waiter {
        private final Runnable expired;
        private @Nullable Waiting list;
        private @Nullable Waiter previous;
        private @Nullable Waiter next;
        private long sinceNanos;

        /** @param expired runs when the deadline has passed. The waiter has left its list then. */
        public Waiter(Runnable expired) {
            this.expired = expired;
        }

        /** Leaves its list, if it is in one. */
        public void stopWaiting() {
            Waiting current = list;
            if (current != null) {
                current.remove(this);
            }
        }
    }

    /** The waiters that wait for the same time, in the order in which they began. Confined to its event loop. */
    public static final class Waiting implements Runnable {
        private final EventExecutor loop;
        private final long nanos;
        private @Nullable Waiter first;
        private @Nullable Waiter last;
        private boolean timerRuns;

        private Waiting(EventExecutor loop, long nanos) {
            this.loop = loop;
            this.nanos = nanos;
        }

        /** Whether its waiters never expire. */
        public boolean isUnlimited() {
            return nanos == 0;
        }

        /** Moves the waiter from its list, if any, to the end of this one. In an unlimited list it does not wait. */
        public void begin(Waiter waiter) {
            assert loop.inEventLoop();
            waiter.stopWaiting();
            if (nanos == 0) {
                return;
            }
            waiter.list = this;
            waiter.sinceNanos = loop.ticker().nanoTime();
            Waiter previous = last;
            waiter.previous = previous;
            if (previous == null) {
                first = waiter;
            } else {
                previous.next = waiter;
            }
            last = waiter;
            if (!timerRuns) {
                startTimer(nanos);
            }
        }

        private void remove(Waiter waiter) {
            assert loop.inEventLoop();
            Waiter previous = waiter.previous;
            Waiter next = waiter.next;
            if (previous == null) {
                first = next;
            } else {
                previous.next = next;
            }
            if (next == null) {
                last = previous;
            } else {
                next.previous = previous;
            }
            waiter.list = null;
            waiter.previous = null;
            waiter.next = null;
        }

        private void startTimer(long delayNanos) {
            loop.schedule(this, Math.min(delayNanos, MAX_TIMER_NANOS), TimeUnit.NANOSECONDS);
            timerRuns = true;
        }

        @Override
        public void run() {
            long now = loop.ticker().nanoTime();
            try {
                for (Waiter waiter = first; waiter != null && remaining(waiter, now) <= 0; waiter = first) {
                    remove(waiter);
                    waiter.expired.run();
                }
            } finally {
                timerRuns = false;
                Waiter next = first;
                if (next != null) {
                    startTimer(Math.max(0, remaining(next, now)));
                }
            }
        }

        private long remaining(Waiter waiter, long now) {
            return nanos - (now - waiter.sinceNanos);
        }
    }
}
