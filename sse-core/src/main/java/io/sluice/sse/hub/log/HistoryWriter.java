package io.sluice.sse.hub.log;

import io.sluice.sse.history.History;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.history.StoredEvent;
import io.sluice.sse.topic.Recipients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes published events to the history: on a thread of its own, in the order of the positions, and in batches. While
 * one batch is written, the next one gathers in a bounded queue. A publisher only appends to the queue, under the hub's
 * lock, and wakes the thread after it has released the lock.
 *
 * <p>A writer is created, started and closed. It can fail at any time in between, for example because the disk is full.
 * From then on all publications fail, so that no publisher relies on a history that is not written. The writer keeps
 * what was published before, opens the history again from time to time, and continues when it can be written.
 */
final class HistoryWriter implements Runnable {

    private static final Logger logger = LoggerFactory.getLogger(HistoryWriter.class);

    /**
     * Without forced writes, the time between two batches on average. Each commit takes a few kilobytes of the file for
     * as long as a crash of the machine may need the state before it, so there must not be one for each event.
     */
    private static final long BETWEEN_UNFORCED_NANOS = Duration.ofMillis(20).toNanos();
    /** Up to 200 batches may follow each other at once. */
    private static final long BURST_NANOS = 200 * BETWEEN_UNFORCED_NANOS;
    /** The time until a failed history is opened again. It doubles with each attempt. */
    private static final long FIRST_RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long LAST_RETRY_NANOS = Duration.ofSeconds(30).toNanos();

    private final HubLog log;
    private final History history;
    private final LogOptions.Clocks clocks;
    private final StampClock stamps;
    private final WriteQueue queue;
    private final boolean strict;
    private final HistoryReader reader;
    private final PositionReservation reservation;
    private final DurabilityWaiters waiters;
    /** The stages of {@link #remove}, by the number of the removal. */
    private final DurabilityWaiters removals;

    private final Thread thread = new Thread(this, "sluice-history-writer");

    // Guarded by the hub's lock.
    private long queuedRemovals;

    // Written on the writer's thread, read by any thread.
    private volatile long stored;
    private volatile boolean parked;

    // Written by the thread that closes the hub.
    private volatile boolean closing;

    // Confined to the writer's thread.
    private final HistoryUpkeep upkeep;
    /** The batch that is being written. It is written again after a failure. */
    private List<LogEntry> unwritten = List.of();
    /** The position up to which events are in a history that was opened again. */
    private long reopenedAt;

    private long lastMillis;
    private long doneRemovals;
    /** When the batches written so far would have been due, one after another. */
    private long dueNanos;

    HistoryWriter(HubLog log, LogOptions options, History history, HistoryReader reader, Executor userExecutor) {
        this.log = log;
        this.clocks = options.clocks();
        this.stamps = new StampClock(clocks);
        this.queue =
                new WriteQueue(log, Objects.requireNonNull(options.history()).queueBytes());
        this.history = history;
        this.strict = history.sync().isStrict();
        this.reader = reader;
        this.reservation = new PositionReservation(history::reserve);
        this.waiters = new DurabilityWaiters(userExecutor);
        this.removals = new DurabilityWaiters(userExecutor);
        this.upkeep = new HistoryUpkeep(history);
        thread.setDaemon(true);
    }

    /** Reserves the first positions and starts the thread. */
    void start(long head, long newestMillis) {
        lastMillis = newestMillis;
        stored = head;
        dueNanos = System.nanoTime();
        waiters.onDurable(head);
        reservation.start(head);
        upkeep.start();
        thread.start();
    }

    // ---- publishers, under the hub's lock

    /**
     * Checks that the history accepts these events.
     *
     * @param position the position before the first of them
     * @throws HistoryException if the history has failed, or if it does not keep up; nothing is queued then
     */
    void requireCapacity(List<PendingEvent> events, long position) {
        assert log.holdsLock();
        HistoryException failed = waiters.failure();
        if (failed != null) {
            throw failed;
        }
        long bytes = 0;
        for (PendingEvent event : events) {
            bytes += event.wire().length + LogEntry.OVERHEAD_BYTES;
        }
        if (!queue.hasRoomFor(bytes) || !reservation.covers(position + events.size())) {
            throw new HistoryException(
                    "the history does not keep up: " + queue.bytes() + " bytes wait to be written (historyQueueBytes: "
                            + queue.maxBytes() + ")",
                    null);
        }
    }

    void enqueue(LogEntry entry) {
        queue.add(entry);
    }

    // ---- publishers, after they have released the hub's lock

    /** Wakes the writer after an event was queued. */
    void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** A stage of {@code answer} that completes when all events so far are as durable as the sync policy promises. */
    <T> CompletionStage<T> whenDurable(T answer) {
        return strict ? waiters.whenDurable(log.head(), answer) : CompletableFuture.completedFuture(answer);
    }

    // ---- any thread

    /** Removes what the history has of a topic now. The result completes with true when that is done. */
    CompletionStage<Boolean> remove(String topic) {
        long number = log.locked(() -> {
            log.requireOpen(); // with the lock: a closed hub's writer takes nothing more
            HistoryException failed = waiters.failure();
            if (failed != null) {
                return -1L; // nothing takes it out of the queue any more
            }
            log.topics().forgetEnd(topic);
            enqueue(HistoryMarker.removal(log.head(), topic));
            return ++queuedRemovals;
        });
        wake();
        return removals.whenDurable(number < 0 ? Long.MAX_VALUE : number, true);
    }

    /** Whether the history has failed, and cannot be written yet. */
    boolean hasFailed() {
        return waiters.failure() != null;
    }

    /** The position up to which events can be read from the history. */
    long stored() {
        return stored;
    }

    /** The bytes that wait to be written, or are being written. */
    long queuedBytes() {
        return log.locked(queue::bytes);
    }

    /** Writes the queued events and ends the thread. Waits for that, unless the caller is interrupted. */
    void close() {
        closing = true;
        LockSupport.unpark(thread);
        if (Thread.currentThread() == thread) {
            return; // a continuation of a publication closes the hub, on an executor that runs it on this thread
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- the writer's thread

    @Override
    public void run() {
        boolean works;
        boolean wasClosing;
        do {
            wasClosing = closing;
            works = writeUntilClosed();
        } while (!works && !wasClosing && awaitReopened());
        reader.close();
        try {
            history.close(waiters.failure() == null ? log.head() : -1);
        } catch (RuntimeException | Error e) {
            logger.error("cannot close the history; the next start treats this stop as unclean", e);
        }
    }

    /** @return false if the history has failed */
    private boolean writeUntilClosed() {
        try {
            if (waiters.failure() != null) {
                recover();
            }
            for (List<LogEntry> batch = take(); batch != null; batch = take()) {
                if (batch.isEmpty()) {
                    upkeep.forceIfDue();
                } else {
                    write(batch);
                }
                upkeep.maintainIfDue();
                reservation.extendIfLow(log.head());
            }
            return true;
        } catch (Throwable t) {
            fail(t);
            return false;
        }
    }

    /** Writes what the failure has left, to see whether the history can be written. */
    private void recover() {
        List<LogEntry> left = unwritten;
        if (!left.isEmpty()) {
            write(left);
        }
        history.maintain();
        reservation.extend(log.head());
        waiters.recover();
        removals.recover();
        logger.info("the history can be written again, so publications succeed again");
    }

    /** Opens the history again, as often as necessary. @return false if it stays failed */
    private boolean awaitReopened() {
        for (long nanos = FIRST_RETRY_NANOS; ; nanos = Math.min(2 * nanos, LAST_RETRY_NANOS)) {
            long end = System.nanoTime() + nanos;
            for (long left = nanos; left > 0 && !closing; left = end - System.nanoTime()) {
                LockSupport.parkNanos(this, left);
            }
            boolean isLast = closing;
            try {
                reopenedAt = history.reopen();
                return true;
            } catch (UnsupportedOperationException e) {
                drop();
                return false;
            } catch (RuntimeException | Error e) {
                logger.debug("the history cannot be opened again yet", e);
                if (isLast) {
                    drop();
                    return false;
                }
            }
        }
    }

    /** Waits for work. @return a batch; an empty one if only upkeep may be due; null when the writer has to end */
    private @Nullable List<LogEntry> take() {
        gather();
        List<LogEntry> batch = queue.poll();
        if (!batch.isEmpty()) {
            return batch;
        }
        if (closing) {
            return queue.isEmpty() ? null : queue.poll(); // a publisher may have queued an event just before the close
        }
        parked = true;
        if (queue.isEmpty() && !closing) {
            LockSupport.parkNanos(this, upkeep.idleNanos());
        }
        parked = false;
        return queue.poll();
    }

    /** Lets more events come to the next batch, unless the queue fills, a removal waits, or the hub closes. */
    private void gather() {
        if (strict || queue.hasTaken()) {
            return;
        }
        long end = dueNanos - BURST_NANOS;
        for (long left = end - System.nanoTime(); left > 0 && mayGather(); left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
    }

    private boolean mayGather() {
        return !closing && log.locked(() -> queue.isBelowHalf() && queuedRemovals == doneRemovals);
    }

    private void write(List<LogEntry> batch) {
        unwritten = batch;
        List<StoredEvent> events = eventsToStore(batch);
        if (!events.isEmpty()) {
            history.append(events);
        }
        LogEntry last = batch.get(batch.size() - 1);
        boolean isRemoval = WriteQueue.isRemoval(last);
        if (isRemoval) {
            history.remove(last.topic, last.position);
        }
        if (isRemoval || !events.isEmpty()) {
            upkeep.commit();
        }
        unwritten = List.of();
        long now = System.nanoTime();
        dueNanos = (dueNanos - now > 0 ? dueNanos : now) + BETWEEN_UNFORCED_NANOS;
        doneRemovals += isRemoval ? 1 : 0;
        // After the commit: if it fails, the history no longer has these events.
        stored = last.position;
        reader.onStored(stored);
        removals.onDurable(doneRemovals);
        if (strict) {
            waiters.onDurable(stored);
        }
        long written = batch.stream().mapToLong(HistoryWriter::bytesInQueue).sum();
        log.runLocked(() -> queue.written(written));
    }

    private static long bytesInQueue(LogEntry entry) {
        return (long) entry.wire.length + LogEntry.OVERHEAD_BYTES;
    }

    /** The events of a batch. A history that was opened again has the first ones already. */
    private List<StoredEvent> eventsToStore(List<LogEntry> batch) {
        List<StoredEvent> events = new ArrayList<>(batch.size());
        long nowMillis = stamps.millis();
        long nowNanos = clocks.nanos().getAsLong();
        for (LogEntry entry : batch) {
            if (entry.position <= reopenedAt) {
                continue;
            }
            if (entry instanceof HistoryMarker marker) {
                if (marker.isEnd()) {
                    events.add(events.remove(events.size() - 1).asLast());
                }
                continue;
            }
            Recipients recipients = entry.recipients();
            lastMillis = Math.max(lastMillis, nowMillis - (nowNanos - entry.nanos) / 1_000_000);
            events.add(new StoredEvent(
                    entry.position,
                    lastMillis,
                    entry.topic,
                    entry.wire,
                    entry.publisherId(),
                    recipients == null ? null : RecipientCodec.toStored(recipients),
                    false));
        }
        return events;
    }

    /** As {@link WriteQueue#oldestPending}. */
    Map<String, Long> oldestPending(Set<String> topics) {
        return queue.oldestPending(topics);
    }

    private void fail(Throwable cause) {
        Thread.interrupted(); // an interrupt closes the file of a store, and would close it again
        HistoryException failure = new HistoryException("the history has failed: " + cause.getMessage(), cause);
        if (waiters.failure() == null) {
            logger.error("the history has failed; all publications fail until it can be written again", cause);
        }
        waiters.fail(failure);
        removals.fail(failure);
        waiters.failRemaining();
        removals.failRemaining();
    }

    /** Drops what waits: the history stays failed, and publishers check that under the lock. */
    private void drop() {
        log.runLocked(queue::clear);
    }
}
