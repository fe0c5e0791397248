package io.sluice.sse.hub;

import io.sluice.sse.hub.log.Expirer;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many sinks each principal has at each topic, and what of that has been told. Thread-safe.
 *
 * <p>Sinks are counted, not flagged: a late end of an old sink takes one away, and the principal stays while another one
 * is there. What changes is not told where it happens, on a lane, but by one task at a time of the hub's timer, and what
 * is told is the difference between the count and what was told last: so joins and leaves of a principal come in order,
 * each after the other, and however slow those who hear of them are, one mark for each principal is all that waits. A leave
 * and a join that follow each other before either could be told are neither.
 */
final class PresenceCounts {

    static final int MAX_LEAVING = 100_000;

    /** Told in one run of the task. */
    private static final int SLICE = 256;

    /** Hears of joins and leaves, one at a time; must not throw. */
    @FunctionalInterface
    interface Teller {
        void tell(boolean joined, String principal, String topic);
    }

    /** One principal at one topic. Guarded by the lock. */
    private static final class Present {
        final String topic;
        final String principal;
        int sinks;
        boolean toldJoined;
        boolean waits;
        long leavesAtNanos;

        Present(String topic, String principal) {
            this.topic = topic;
            this.principal = principal;
        }
    }

    private record News(boolean joined, Present of) {}

    /** What the timer holds while somebody lingers: it leads to the hub only as long as somebody else does. */
    private record Watch(WeakReference<PresenceCounts> counts) implements Runnable {
        @Override
        public void run() {
            PresenceCounts alive = counts.get();
            if (alive != null) {
                alive.lookAtLingering();
            }
        }
    }

    private final long gracePeriodNanos;
    private final LongSupplier clock;
    private final Expirer.Timer timer;
    private final Teller teller;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock, under which nobody is told anything.
    private final Map<String, Map<String, Present>> byTopic = new HashMap<>();
    /** Those of whom something may have to be told, in the order in which it happened. */
    private final ArrayDeque<Present> waiting = new ArrayDeque<>();
    /** Those whose last sink has gone, the first to leave first. */
    private final LinkedHashSet<Present> leaving = new LinkedHashSet<>();

    private boolean telling;
    private boolean watching;
    private boolean closed;
    private Runnable cancelWatch = () -> {};

    PresenceCounts(Presence options, LongSupplier clock, Expirer.Timer timer, Teller teller) {
        this.gracePeriodNanos = options.gracePeriod().toNanos();
        this.clock = clock;
        this.timer = timer;
        this.teller = teller;
    }

    /** One more sink of the principal is at the topic. */
    void join(String topic, String principal) {
        boolean tell = false;
        lock.lock();
        try {
            Present present = byTopic.computeIfAbsent(topic, name -> new HashMap<>(2))
                    .computeIfAbsent(principal, name -> new Present(topic, name));
            present.sinks++;
            leaving.remove(present);
            if (!present.toldJoined) {
                tell = putInLine(present);
            }
        } finally {
            lock.unlock();
        }
        if (tell) {
            timer.schedule(this::tellSome, 0);
        }
    }

    /** One sink less of the principal is at the topic. */
    void leave(String topic, String principal) {
        boolean tell = false;
        boolean watch = false;
        lock.lock();
        try {
            Present present = find(topic, principal);
            if (--present.sinks > 0) {
                return;
            }
            if (gracePeriodNanos == 0 || closed || !present.toldJoined) {
                tell = putInLine(present);
            } else {
                present.leavesAtNanos = clock.getAsLong() + gracePeriodNanos;
                leaving.add(present);
                if (leaving.size() > MAX_LEAVING) {
                    tell = putInLine(takeOldestLingering());
                }
                watch = !watching;
                watching = true;
            }
        } finally {
            lock.unlock();
        }
        if (tell) {
            timer.schedule(this::tellSome, 0);
        }
        if (watch) {
            watchAfter(gracePeriodNanos);
        }
    }

    private Present find(String topic, String principal) {
        Map<String, Present> there = byTopic.get(topic);
        Present present = there == null ? null : there.get(principal);
        if (present == null) {
            throw new AssertionError(principal + " leaves " + topic + " without having joined");
        }
        return present;
    }

    private Present takeOldestLingering() {
        Iterator<Present> oldest = leaving.iterator();
        Present present = oldest.next();
        oldest.remove();
        return present;
    }

    /** @return whether the task that tells has to be scheduled, behind the lock */
    private boolean putInLine(Present present) {
        if (!present.waits) {
            present.waits = true;
            waiting.add(present);
        }
        boolean schedule = !telling;
        telling = true;
        return schedule;
    }

    // ---- of the timer

    private void tellSome() {
        for (int i = 0; i < SLICE; i++) {
            News news = next();
            if (news == null) {
                return;
            }
            teller.tell(news.joined, news.of.principal, news.of.topic);
        }
        timer.schedule(this::tellSome, 0);
    }

    private @Nullable News next() {
        lock.lock();
        try {
            for (Present present = waiting.poll(); present != null; present = waiting.poll()) {
                present.waits = false;
                boolean isThere = present.sinks > 0 || leaving.contains(present);
                boolean isNews = isThere != present.toldJoined;
                present.toldJoined = isThere;
                if (!isThere) {
                    remove(present);
                }
                if (isNews) {
                    return new News(isThere, present);
                }
            }
            telling = false;
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void remove(Present present) {
        Map<String, Present> there = byTopic.get(present.topic);
        if (there != null && there.remove(present.principal) != null && there.isEmpty()) {
            byTopic.remove(present.topic);
        }
    }

    private void watchAfter(long nanos) {
        Runnable cancel = timer.schedule(new Watch(new WeakReference<>(this)), nanos);
        lock.lock();
        try {
            cancelWatch = cancel;
            if (!closed) {
                return;
            }
        } finally {
            lock.unlock();
        }
        cancel.run();
    }

    private void lookAtLingering() {
        boolean tell = false;
        long next = 0;
        lock.lock();
        try {
            long now = clock.getAsLong();
            while (!leaving.isEmpty() && next == 0) {
                long left = leaving.iterator().next().leavesAtNanos - now;
                if (left > 0 && !closed) {
                    next = left;
                } else {
                    tell |= putInLine(takeOldestLingering());
                }
            }
            watching = next > 0;
        } finally {
            lock.unlock();
        }
        if (tell) {
            timer.schedule(this::tellSome, 0);
        }
        if (next > 0) {
            watchAfter(next);
        }
    }

    /** Nobody lingers any more. */
    void close() {
        Runnable cancel;
        lock.lock();
        try {
            closed = true;
            cancel = cancelWatch;
        } finally {
            lock.unlock();
        }
        cancel.run();
        lookAtLingering();
    }

    // ---- for those who ask

    /** Those who are at the topic; whose join is still to be told among them, and whose leave is. */
    List<String> members(String topic) {
        lock.lock();
        try {
            List<String> principals = new ArrayList<>();
            for (Present present : byTopic.getOrDefault(topic, Map.of()).values()) {
                if (present.sinks > 0 || present.toldJoined) {
                    principals.add(present.principal);
                }
            }
            return principals;
        } finally {
            lock.unlock();
        }
    }

    /** For tests: whether nothing at all is kept or to be told. */
    boolean isEmpty() {
        lock.lock();
        try {
            return byTopic.isEmpty() && waiting.isEmpty() && leaving.isEmpty() && !telling && !watching;
        } finally {
            lock.unlock();
        }
    }
}
