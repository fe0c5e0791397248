package io.sluice.sse.hub.log;

import io.sluice.sse.history.History;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.history.StoredEvent;
import io.sluice.sse.topic.Recipients;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is published to the history, on a thread of its own, in the order of the positions and in batches: while one
 * is written, the next gathers. A publisher only appends to a bounded queue, under the hub's lock, and wakes the thread
 * behind it.
 *
 * <p>Its life: opened, started, closed; or failed at any time in between, which is for good: from then on nothing is
 * published any more, so that nobody believes in a history that is none.
 */
public final class HistoryWriter implements Runnable {

    private static final Logger logger = LoggerFactory.getLogger(HistoryWriter.class);

    /** Positions that are reserved at a time; more than a full queue can take while a batch is written. */
    static final long BLOCK = 1 << 21;

    private static final long BATCH_BYTES = 4 << 20;
    private static final long MAINTAIN_NANOS = Duration.ofSeconds(1).toNanos();

    private final HubLog log;
    private final History history;
    private final LogOptions.Clocks clocks;
    private final long maxQueueBytes;
    private final HistoryReader reads;
    private final Thread thread = new Thread(this, "sluice-history-writer");

    // Guarded by the hub's lock.
    private ArrayDeque<LogEntry> queue = new ArrayDeque<>();
    private long queuedBytes;
    private long reserved;

    /** A publisher that waits until everything up to a position is on the disk. */
    private record Waiter(long position, Runnable done, CompletableFuture<?> stage) {}

    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>(); // guarded by itself, as is what it is judged by
    private long forced;

    private volatile long stored;
    private volatile @Nullable HistoryException failure;
    private volatile boolean parked;
    private volatile boolean closing;

    // The thread's own.
    private ArrayDeque<LogEntry> taken = new ArrayDeque<>();
    private long lastMillis;
    private long forcedNanos;
    private long maintainedNanos;
    private boolean unforced;

    HistoryWriter(HubLog log, LogOptions options, History history, HistoryReader reads) {
        this.log = log;
        this.clocks = options.clocks();
        this.maxQueueBytes = Objects.requireNonNull(options.history()).queueBytes();
        this.history = history;
        this.reads = reads;
        thread.setDaemon(true);
    }

    /** Reserves the first positions and begins. */
    void start(long head, long newestMillis) {
        lastMillis = newestMillis;
        stored = head;
        forced = head;
        reserved = head + BLOCK;
        history.reserve(reserved);
        forcedNanos = System.nanoTime();
        maintainedNanos = forcedNanos;
        thread.start();
    }

    // ---- publishers, under the hub's lock

    /**
     * Says whether the history takes so much more.
     *
     * @throws HistoryException if it has failed, or does not keep up; nothing is taken then
     */
    void requireRoom(List<PendingEvent> drafts, long position) {
        HistoryException failed = failure;
        if (failed != null) {
            throw failed;
        }
        long bytes = 0;
        for (PendingEvent draft : drafts) {
            bytes += draft.wire().length + LogEntry.OVERHEAD_BYTES;
        }
        if ((queuedBytes > 0 && queuedBytes + bytes > maxQueueBytes) || position + drafts.size() > reserved) {
            throw new HistoryException(
                    "the history does not keep up: " + queuedBytes + " bytes wait to be written (historyQueueBytes: "
                            + maxQueueBytes + ")",
                    null);
        }
    }

    void enqueue(LogEntry entry) {
        queue.add(entry);
        queuedBytes += entry.wire.length + LogEntry.OVERHEAD_BYTES;
    }

    // ---- publishers, behind it

    /** Something was queued. */
    void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** A stage of {@code answer} that completes when everything published so far is as safe as the policy promises. */
    <T> CompletionStage<T> whenSafe(T answer) {
        if (!history.sync().isStrict()) {
            return CompletableFuture.completedFuture(answer);
        }
        CompletableFuture<T> stage = new CompletableFuture<>();
        long head = log.head();
        synchronized (waiters) {
            HistoryException failed = failure;
            if (failed != null) {
                return CompletableFuture.failedFuture(failed);
            }
            if (head > forced) {
                waiters.add(new Waiter(head, () -> stage.complete(answer), stage));
                return stage;
            }
        }
        stage.complete(answer);
        return stage;
    }

    /** Everything up to here can be read from the history. */
    long stored() {
        return stored;
    }

    /** What waits to be written, or is being written. */
    long queuedBytes() {
        return log.locked(() -> queuedBytes);
    }

    /** Writes what is queued, and ends. Waits for that, unless the caller is interrupted. */
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        if (Thread.currentThread() == thread) {
            return; // by what hangs on a publication, on an executor that runs it here
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- the thread

    @Override
    public void run() {
        try {
            for (List<LogEntry> batch = take(); batch != null; batch = take()) {
                if (batch.isEmpty()) {
                    beIdle();
                } else {
                    write(batch);
                    maintainIfDue();
                }
                reserveAhead();
            }
        } catch (Throwable t) {
            fail(t);
        }
        reads.close();
        try {
            history.close(failure == null ? log.head() : -1);
        } catch (RuntimeException | Error e) {
            logger.error("the history could not be closed: the next start takes the stop for an unclean one", e);
        }
    }

    /** Waits for something to do. @return a batch; empty if it is time for something else; null at the end */
    private @Nullable List<LogEntry> take() {
        List<LogEntry> batch = poll();
        if (!batch.isEmpty()) {
            return batch;
        }
        if (closing) {
            return isQueueEmpty() ? null : poll(); // a publisher may have come just before the hub was closed
        }
        parked = true;
        if (isQueueEmpty() && !closing) {
            LockSupport.parkNanos(this, untilIdleWork());
        }
        parked = false;
        return poll();
    }

    private boolean isQueueEmpty() {
        return taken.isEmpty() && log.locked(queue::isEmpty);
    }

    private List<LogEntry> poll() {
        if (taken.isEmpty()) {
            taken = log.locked(() -> {
                ArrayDeque<LogEntry> all = queue;
                queue = all.isEmpty() ? all : new ArrayDeque<>();
                return all.isEmpty() ? taken : all;
            });
        }
        List<LogEntry> batch = new ArrayList<>(Math.min(taken.size(), 1024));
        long bytes = 0;
        long last = 0;
        while (!taken.isEmpty() && (bytes < BATCH_BYTES || taken.element().position == last)) {
            LogEntry entry = taken.remove();
            bytes += entry.wire.length;
            last = entry.position; // one event, be it in several topics, is written at once
            batch.add(entry);
        }
        return batch;
    }

    private void write(List<LogEntry> batch) {
        List<StoredEvent> events = new ArrayList<>(batch.size());
        long bytes = 0;
        long nowMillis = clocks.wall().millis();
        long nowNanos = clocks.nanos().getAsLong();
        for (LogEntry entry : batch) {
            Recipients recipients = entry.recipients();
            lastMillis = Math.max(lastMillis, nowMillis - (nowNanos - entry.nanos) / 1_000_000);
            events.add(new StoredEvent(
                    entry.position,
                    lastMillis,
                    entry.topic,
                    entry.wire,
                    entry.publisherId(),
                    recipients == null ? null : RecipientCodec.toStored(recipients)));
            bytes += entry.wire.length + LogEntry.OVERHEAD_BYTES;
        }
        history.append(events);
        stored = batch.get(batch.size() - 1).position;
        reads.passed(stored);
        boolean strict = history.sync().isStrict();
        history.commit(strict);
        unforced = !strict;
        if (strict) {
            released(stored);
        } else {
            forceIfDue();
        }
        long written = bytes;
        log.locked(() -> queuedBytes -= written);
    }

    /**
     * The positions of the oldest events of these topics that the history does not have yet. On the thread, under the hub's
     * lock: one walk over what is on its way, which ends when each has been met.
     */
    Map<String, Long> oldestOnItsWay(Set<String> topics) {
        Map<String, Long> oldest = new HashMap<>();
        for (ArrayDeque<LogEntry> entries : List.of(taken, queue)) {
            for (LogEntry entry : entries) {
                if (oldest.size() == topics.size()) {
                    return oldest;
                }
                if (topics.contains(entry.topic)) {
                    oldest.putIfAbsent(entry.topic, entry.position);
                }
            }
        }
        return oldest;
    }

    private void forceIfDue() {
        Duration period = history.sync().period();
        long now = System.nanoTime();
        if (unforced && period != null && now - forcedNanos >= period.toNanos()) {
            history.commit(true);
            forcedNanos = now;
            unforced = false;
        }
    }

    private void beIdle() {
        forceIfDue();
        maintainIfDue();
    }

    /** Also while there is always something to write. */
    private void maintainIfDue() {
        if (System.nanoTime() - maintainedNanos >= MAINTAIN_NANOS) {
            history.maintain();
            maintainedNanos = System.nanoTime();
        }
    }

    private long untilIdleWork() {
        Duration period = history.sync().period();
        return unforced && period != null ? Math.min(MAINTAIN_NANOS, period.toNanos()) : MAINTAIN_NANOS;
    }

    private void reserveAhead() {
        long head = log.head();
        long upTo = log.locked(() -> reserved);
        if (upTo - head < BLOCK / 2) {
            history.reserve(head + BLOCK);
            log.locked(() -> reserved = head + BLOCK);
        }
    }

    private void released(long position) {
        List<Runnable> safe = new ArrayList<>();
        synchronized (waiters) {
            forced = position;
            while (!waiters.isEmpty() && waiters.element().position <= position) {
                safe.add(waiters.remove().done);
            }
        }
        // What hangs on the stages is user code.
        if (!safe.isEmpty()) {
            reads.runBlocking(() -> safe.forEach(Runnable::run));
        }
    }

    private void fail(Throwable cause) {
        HistoryException failed = new HistoryException("the history has failed: " + cause.getMessage(), cause);
        logger.error("the history has failed: nothing is published any more", cause);
        List<Waiter> left;
        synchronized (waiters) {
            failure = failed;
            left = new ArrayList<>(waiters);
            waiters.clear();
        }
        log.locked(() -> {
            queue = new ArrayDeque<>();
            queuedBytes = 0;
            return null;
        });
        reads.runBlocking(() -> left.forEach(waiter -> waiter.stage.completeExceptionally(failed)));
    }
}
