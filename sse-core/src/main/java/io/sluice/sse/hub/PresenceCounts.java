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
 * How many sinks each principal has at each topic, and which joins and leaves were reported. Thread-safe.
 *
 * <p>Sinks are counted: when an old sink closes late, the principal stays while another of its sinks is open. Changes
 * happen on lanes and are not reported there. One task of the hub's timer at a time reports them. It reports the
 * difference between the count and the last report, so joins and leaves of a principal come in order and alternately.
 * However slow the receivers are, only one entry per principal waits. A leave and a join that follow each other before
 * either is reported cancel each other out.
 */
final class PresenceCounts {

    static final int MAX_LEAVING = 100_000;

    /** How many reports one run of the task makes. */
    private static final int SLICE = 256;

    /** Reports joins and leaves, one at a time. Must not throw. */
    @FunctionalInterface
    interface Reporter {
        void report(boolean joined, String principal, String topic);
    }

    /** One principal at one topic. Guarded by the lock. */
    private static final class Present {
        final String topic;
        final String principal;
        int sinks;
        boolean reportedJoined;
        boolean isQueued;
        long leavesAtNanos;

        Present(String topic, String principal) {
            this.topic = topic;
            this.principal = principal;
        }
    }

    private record Change(boolean joined, Present of) {}

    /** The timer holds this while a grace period runs. It does not keep the hub alive. */
    private record Watch(WeakReference<PresenceCounts> counts) implements Runnable {
        @Override
        public void run() {
            PresenceCounts alive = counts.get();
            if (alive != null) {
                alive.endGracePeriods();
            }
        }
    }

    private final long gracePeriodNanos;
    private final LongSupplier clock;
    private final Expirer.Timer timer;
    private final Reporter reporter;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock, under which nothing is reported.
    private final Map<String, Map<String, Present>> byTopic = new HashMap<>();
    /** Principals that may have a join or leave to report, in the order of the changes. */
    private final ArrayDeque<Present> queue = new ArrayDeque<>();
    /** Principals in their grace period, the first to leave first. */
    private final LinkedHashSet<Present> leaving = new LinkedHashSet<>();

    private boolean reporting;
    private boolean watching;
    private boolean closed;
    private Runnable cancelWatch = () -> {};

    PresenceCounts(Presence options, LongSupplier clock, Expirer.Timer timer, Reporter reporter) {
        this.gracePeriodNanos = options.gracePeriod().toNanos();
        this.clock = clock;
        this.timer = timer;
        this.reporter = reporter;
    }

    /** One more sink of the principal is at the topic. @return whether it is the first one */
    boolean join(String topic, String principal) {
        boolean schedule = false;
        boolean isFirst;
        lock.lock();
        try {
            Present present = byTopic.computeIfAbsent(topic, name -> new HashMap<>(2))
                    .computeIfAbsent(principal, name -> new Present(topic, name));
            isFirst = present.sinks++ == 0;
            leaving.remove(present);
            if (!present.reportedJoined) {
                schedule = enqueue(present);
            }
        } finally {
            lock.unlock();
        }
        if (schedule) {
            timer.schedule(this::reportSome, 0);
        }
        return isFirst;
    }

    /** One sink of the principal has left the topic. @return whether it was the last one */
    boolean leave(String topic, String principal) {
        boolean schedule = false;
        boolean watch = false;
        lock.lock();
        try {
            Present present = find(topic, principal);
            if (--present.sinks > 0) {
                return false;
            }
            if (gracePeriodNanos == 0 || closed || !present.reportedJoined) {
                schedule = enqueue(present);
            } else {
                present.leavesAtNanos = clock.getAsLong() + gracePeriodNanos;
                leaving.add(present);
                if (leaving.size() > MAX_LEAVING) {
                    schedule = enqueue(takeFirstLeaving());
                }
                watch = !watching;
                watching = true;
            }
        } finally {
            lock.unlock();
        }
        if (schedule) {
            timer.schedule(this::reportSome, 0);
        }
        if (watch) {
            watchAfter(gracePeriodNanos);
        }
        return true;
    }

    private Present find(String topic, String principal) {
        Map<String, Present> there = byTopic.get(topic);
        Present present = there == null ? null : there.get(principal);
        if (present == null) {
            throw new AssertionError(principal + " leaves " + topic + " without having joined");
        }
        return present;
    }

    private Present takeFirstLeaving() {
        Iterator<Present> oldest = leaving.iterator();
        Present present = oldest.next();
        oldest.remove();
        return present;
    }

    /** @return whether the caller has to schedule the task that reports, outside the lock */
    private boolean enqueue(Present present) {
        if (!present.isQueued) {
            present.isQueued = true;
            queue.add(present);
        }
        boolean schedule = !reporting;
        reporting = true;
        return schedule;
    }

    // ---- on the timer

    private void reportSome() {
        for (int i = 0; i < SLICE; i++) {
            Change change = nextChange();
            if (change == null) {
                return;
            }
            reporter.report(change.joined, change.of.principal, change.of.topic);
        }
        timer.schedule(this::reportSome, 0);
    }

    private @Nullable Change nextChange() {
        lock.lock();
        try {
            for (Present present = queue.poll(); present != null; present = queue.poll()) {
                present.isQueued = false;
                boolean isPresent = present.sinks > 0 || leaving.contains(present);
                boolean hasChanged = isPresent != present.reportedJoined;
                present.reportedJoined = isPresent;
                if (!isPresent) {
                    remove(present);
                }
                if (hasChanged) {
                    return new Change(isPresent, present);
                }
            }
            reporting = false;
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

    /** Lets the principals leave whose grace period is over; all of them once the hub is closed. */
    private void endGracePeriods() {
        boolean schedule = false;
        long next = 0;
        lock.lock();
        try {
            long now = clock.getAsLong();
            while (!leaving.isEmpty() && next == 0) {
                long left = leaving.iterator().next().leavesAtNanos - now;
                if (left > 0 && !closed) {
                    next = left;
                } else {
                    schedule |= enqueue(takeFirstLeaving());
                }
            }
            watching = next > 0;
        } finally {
            lock.unlock();
        }
        if (schedule) {
            timer.schedule(this::reportSome, 0);
        }
        if (next > 0) {
            watchAfter(next);
        }
    }

    /** Ends all grace periods, now and from now on. */
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
        endGracePeriods();
    }

    // ---- for the hub

    /** The principals at the topic, including those whose join or leave is not yet reported. */
    List<String> members(String topic) {
        lock.lock();
        try {
            List<String> principals = new ArrayList<>();
            for (Present present : byTopic.getOrDefault(topic, Map.of()).values()) {
                if (present.sinks > 0 || present.reportedJoined) {
                    principals.add(present.principal);
                }
            }
            return principals;
        } finally {
            lock.unlock();
        }
    }

    /** For tests: whether nothing is counted and nothing waits to be reported. */
    boolean isEmpty() {
        lock.lock();
        try {
            return byTopic.isEmpty() && queue.isEmpty() && leaving.isEmpty() && !reporting && !watching;
        } finally {
            lock.unlock();
        }
    }
}
