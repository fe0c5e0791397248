package io.sluice.sse.hub.log;

import io.sluice.sse.history.Eviction;
import io.sluice.sse.history.History;
import io.sluice.sse.history.HistoryPage;
import io.sluice.sse.history.RecoveryResult;
import io.sluice.sse.history.StoredEvent;
import io.sluice.sse.history.SyncPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A history that a test can block at each operation, and can make fail. */
final class GatedHistory implements History {

    /** Each append, read and commit takes one permit; there are plenty unless a test drains them. */
    final Semaphore appends = new Semaphore(1_000_000_000);

    final Semaphore reads = new Semaphore(1_000_000_000);
    final Semaphore commits = new Semaphore(1_000_000_000);
    final AtomicInteger readCalls = new AtomicInteger();
    final AtomicInteger commitCalls = new AtomicInteger();

    /** Runs within a read, when the store has been read. */
    volatile Runnable whenRead = () -> {};

    /** Runs after an append, with its batch. */
    volatile Consumer<List<StoredEvent>> whenAppended = batch -> {};

    volatile @Nullable RuntimeException appendFails;
    volatile @Nullable RuntimeException readFails;
    volatile long closedAt = Long.MIN_VALUE;

    /** How many reads were running when it was closed. */
    volatile int readersWhenClosed;

    private final AtomicInteger readers = new AtomicInteger();

    /** Whether the writer maintains the store; otherwise the test calls {@link #maintainNow}. */
    volatile boolean isMaintained = true;

    private final History history;

    GatedHistory(History history) {
        this.history = history;
    }

    /** Opens all gates, so that the hub can close even after a failed test. */
    void openGates() {
        for (Semaphore gate : List.of(appends, reads, commits)) {
            gate.release(1_000_000);
        }
    }

    @Override
    public RecoveryResult open(long newEpoch, Consumer<List<Eviction>> evicting) {
        return history.open(newEpoch, evicting);
    }

    @Override
    public Duration age() {
        return history.age();
    }

    @Override
    public SyncPolicy sync() {
        return history.sync();
    }

    @Override
    public void reserve(long position) {
        history.reserve(position);
    }

    @Override
    public void append(List<StoredEvent> events) {
        appends.acquireUninterruptibly();
        RuntimeException failure = appendFails;
        if (failure != null) {
            throw failure;
        }
        history.append(events);
        whenAppended.accept(events);
    }

    @Override
    public void remove(String topic, long upTo) {
        history.remove(topic, upTo);
    }

    @Override
    public long reopen() {
        return history.reopen();
    }

    @Override
    public void commit(boolean force) {
        commits.acquireUninterruptibly();
        commitCalls.incrementAndGet();
        history.commit(force);
    }

    @Override
    public void maintain() {
        if (isMaintained) {
            history.maintain();
        }
    }

    /** Maintains the store; called by a test while the writer is idle. */
    void maintainNow() {
        history.maintain();
    }

    @Override
    public HistoryPage read(Collection<String> topics, long after, long upTo, int maxBytes) {
        readCalls.incrementAndGet();
        readers.incrementAndGet();
        try {
            reads.acquireUninterruptibly();
            RuntimeException failure = readFails;
            if (failure != null) {
                throw failure;
            }
            HistoryPage page = history.read(topics, after, upTo, maxBytes);
            whenRead.run();
            return page;
        } finally {
            readers.decrementAndGet();
        }
    }

    @Override
    public long beforeLast(Collection<String> topics, int events, long upTo) {
        reads.acquireUninterruptibly();
        return history.beforeLast(topics, events, upTo);
    }

    @Override
    public long before(Collection<String> topics, Instant time, long upTo) {
        reads.acquireUninterruptibly();
        return history.before(topics, time, upTo);
    }

    @Override
    public void close(long head) {
        readersWhenClosed = readers.get();
        closedAt = head;
        history.close(head);
    }
}
