package io.sluice.sse.hub.log;

import io.sluice.sse.ClosedException;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.TopicEndedException;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one sequence of a hub: the lock, the topics and the head. {@link Appender} gives the positions, and
 * {@link SharedSequence} takes over events that other nodes share. The lock is held briefly: no I/O, no user code and
 * no wake-up of a lane happens under it.
 *
 * <p>The text of this package explains why no event is lost between a publisher and a lane.
 */
public final class HubLog {

    /** Old entries that a publisher evicts in addition to its own work, so that expiry keeps up with any rate. */
    private static final int EXPIRED_PER_PUBLISH = 4;

    private static final int EXPIRED_PER_READ = 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final LogOptions options;
    private final TopicOptions topicOptions;
    private final LongSupplier clock;
    private final WallClock wallClock;

    // Guarded by the lock.
    private final TopicTable topics;
    private final LogBounds bounds;
    private final Expirer expirer;
    private final Appender appender;
    private final SharedSequence shared;

    // Set before the hub is used.
    /** Null if the hub keeps its events in memory only. */
    private @Nullable HubHistory history;
    /** Reads events that have left the memory; null if they are lost then. */
    private @Nullable HistoryReader pastReader;

    // Written under the lock, read by lanes without it. Volatile, since release and acquire are not enough: a publisher
    // writes the head and then reads whether a lane was woken; a lane takes back its wake-up and then reads the head.
    // At least one of the two must see what the other wrote.
    private volatile long head;

    // Written under the lock, read without it for streams that subscribe to nothing.
    private volatile boolean closed;

    public HubLog(LogOptions options) {
        this.options = options;
        this.clock = options.clocks().nanos();
        this.wallClock = new WallClock(clock, options.clocks().wall());
        this.topicOptions = new TopicOptions(options, lock);
        this.topics = new TopicTable(
                topicOptions, new TopicIndex(TopicIndex.MIN_TOPICS, lock, ForkJoinPool.commonPool()), lock, clock);
        this.bounds = new LogBounds(topics, topicOptions, lock);
        this.appender = new Appender(topics, bounds, lock);
        this.shared = new SharedSequence(appender, topics, bounds);
        this.expirer = new Expirer(this, options.clocks().timer(), topicOptions.ageGroups());
    }

    @Nullable
    public HubHistory history() {
        return history;
    }

    /** Reads events that have left the memory; null if they are lost then. */
    @Nullable
    public HistoryReader pastReader() {
        return pastReader;
    }

    /** The backplane keeps events that have left the memory. Called before the hub is used. */
    void readPastFrom(HistoryReader reader) {
        pastReader = reader;
    }

    /**
     * Opens the history, if the options have one, and continues where it ends. Called once, before the hub is used.
     *
     * @param wantedEpoch the epoch of the ids if nothing was published before; null for a new one
     * @return the epoch of the ids
     * @throws io.sluice.sse.history.HistoryException if the history cannot be opened
     */
    public long start(@Nullable Long wantedEpoch, Executor userExecutor) {
        long epoch = wantedEpoch == null ? LocalSequencer.newEpoch() : wantedEpoch;
        if (options.history() == null) {
            return epoch;
        }
        HubHistory opened = new HubHistory(this, options, epoch, userExecutor);
        history = opened;
        pastReader = opened.reader();
        appender.continueWith(opened);
        head = opened.head();
        return opened.epoch();
    }

    /** @param position up to which all lanes with clients have written; it may be a little old */
    public void writtenUpTo(LongSupplier position) {
        lock.lock();
        try {
            bounds.writtenUpTo(position);
        } finally {
            lock.unlock();
        }
    }

    /** The position of the newest event that may be delivered. All events up to it are in their rings. */
    public long head() {
        return head;
    }

    /** The time by the hub's clock. */
    long nanos() {
        return clock.getAsLong();
    }

    /** As {@link WallClock#nanosAt}. */
    public long nanosAt(Instant time) {
        return wallClock.nanosAt(time);
    }

    /** As {@link WallClock#nanosUntil}. */
    public long nanosUntil(Instant time) {
        return wallClock.nanosUntil(time);
    }

    /**
     * Whether a subscription may have topics of which it leaves out some events after the position of its sink: topics
     * that are live-only, or topics that conflate, next to others.
     */
    public boolean needsBounds(Selector selector, boolean isReplay) {
        boolean conflates = isReplay && topicOptions.hasConflation();
        if (!topicOptions.hasLiveOnly() && !conflates) {
            return false;
        }
        return !selector.patterns().isEmpty()
                || selector.topics().stream()
                        .anyMatch(name -> topicOptions.isLiveOnly(name) || (conflates && topicOptions.conflates(name)));
    }

    // ---- the lock

    /** Runs {@code work} under the lock. The work must be short, without I/O and without user code. */
    public <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #locked}, for work without a result. */
    public void runLocked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    /** Whether this thread holds the lock; for assertions. */
    boolean holdsLock() {
        return lock.isHeldByCurrentThread();
    }

    /** The topics, which may still keep expired events. Under the lock. */
    public TopicTable topics() {
        assert lock.isHeldByCurrentThread();
        return topics;
    }

    /** The bounds and sums of the log. Under the lock. */
    public LogBounds bounds() {
        assert lock.isHeldByCurrentThread();
        return bounds;
    }

    /** The topics, after expired events were evicted. Under the lock. */
    public TopicTable topicsForReading() {
        assert lock.isHeldByCurrentThread();
        bounds.expire(clock.getAsLong(), EXPIRED_PER_READ);
        return topics;
    }

    /**
     * As {@link #topicsForReading}, for a client that subscribes.
     *
     * @throws ClosedException if the hub is closed
     */
    public TopicTable topicsForSubscribing() {
        requireOpen();
        return topicsForReading();
    }

    // ---- publishing

    /**
     * Appends the events next to each other and wakes the lanes that have subscribers.
     *
     * @throws TopicEndedException if a topic of an event has ended, or ends earlier in the batch; nothing is appended
     *     then
     * @throws TopicLimitException if an event needs a new topic and the hub has its maximum; nothing is appended then
     * @throws ClosedException if the hub is closed
     * @throws io.sluice.sse.history.HistoryException if the history does not accept the events
     */
    List<Published> append(List<PendingEvent> events, EventIds ids) {
        List<Published> answers = new ArrayList<>(events.size());
        List<TopicListener> marked = new ArrayList<>(events.size());
        long untilExpiry = Long.MAX_VALUE; // unless expiry has to be scheduled
        lock.lock();
        try {
            requireOpen();
            requirePositions(events.size());
            if (history != null) {
                history.writer().requireCapacity(events, appender.position());
            }
            long now = clock.getAsLong();
            bounds.expire(now, EXPIRED_PER_PUBLISH);
            appender.prepare(events);
            for (PendingEvent event : events) {
                answers.add(appender.append(event, ids, now, marked));
            }
            head = appender.position();
            untilExpiry = markExpiry(now);
        } finally {
            appender.finish();
            lock.unlock();
        }
        if (history != null) {
            history.writer().wake();
        }
        wake(marked, untilExpiry);
        return answers;
    }

    /** @return how long until entries expire, for {@link #wake}; {@link Long#MAX_VALUE} if that is scheduled already */
    private long markExpiry(long now) {
        return expirer.isScheduled() ? Long.MAX_VALUE : expirer.markScheduled(bounds.nanosUntilExpiry(now));
    }

    /** Wakes the lanes that have subscribers, and schedules the expiry of what was appended. Without the lock. */
    private void wake(List<TopicListener> marked, long untilExpiry) {
        for (TopicListener first : marked) {
            for (TopicListener each = first; each != null; each = each.next()) {
                each.wake();
            }
        }
        if (untilExpiry < Long.MAX_VALUE) {
            expirer.schedule(untilExpiry);
        }
    }

    /** Positions never start again: ids would no longer rise, and clients would lose events silently. */
    private void requirePositions(int count) {
        if (appender.position() > EventIds.MAX_POSITION - count) {
            throw new IllegalStateException("this hub has issued all its ids; create a new hub");
        }
    }

    /** For tests: the next event gets the position after this one. */
    void skipTo(long newPosition) {
        runLocked(() -> appender.moveTo(newPosition));
        head = newPosition;
    }

    // ---- a sequence that other nodes share

    /** Begins after this position: earlier events are not in memory. The caller then wakes all lanes. */
    void beginAfter(long newPosition, long nanos) {
        runLocked(() -> {
            shared.beginAfter(newPosition, nanos);
            head = newPosition;
        });
    }

    /** Events up to this position may be lost. The caller then wakes all lanes. */
    void lose(long upTo) {
        runLocked(() -> {
            shared.lose(upTo, clock.getAsLong());
            head = appender.position();
        });
    }

    /** The backplane keeps nothing up to this position any more, all of it published up to {@code nanos}. */
    void trimmed(long upTo, long nanos) {
        TrimmedSequence trimmed = topicOptions.trimmed();
        if (trimmed != null && upTo > trimmed.floor().position()) {
            runLocked(() -> {
                trimmed.raise(new Floor(upTo, bounds.nextEviction(), nanos));
                shared.dropHolesUpTo(upTo);
            });
        }
    }

    /** The backplane has nothing between these positions, but has earlier events. */
    void addHole(long after, long upTo) {
        runLocked(() -> shared.addHole(after, upTo));
    }

    /** The position up to which the backplane keeps nothing; 0 if there is none. */
    public long trimmedPosition() {
        TrimmedSequence trimmed = topicOptions.trimmed();
        return trimmed == null ? 0 : trimmed.floor().position();
    }

    /** What the backplane keeps of a topic up to this position was removed, and this hub may not have the topic now. */
    void removedFromSequence(String name, long at) {
        runLocked(() -> {
            if (topicOptions.trimmed() != null && topics.find(name) == null) {
                topics.removedFloors().put(name, new Floor(at, bounds.nextEviction(), clock.getAsLong()), false);
            }
        });
    }

    /** Removes those entries from the list whose topics had ended before them. */
    void dropAfterEnds(List<LogEntry> entries) {
        runLocked(() -> {
            if (!topics.ended().isEmpty()) {
                entries.removeIf(entry -> topics.ended().hasEndedBefore(entry.topic, entry.position));
            }
        });
    }

    /**
     * As {@link SharedSequence#requireAcceptable}, after expired events were evicted.
     *
     * @throws TopicEndedException if a topic of an event has ended
     * @throws TopicLimitException if an event needs a new topic and the hub has its maximum
     */
    void requireAcceptable(List<Publication> publications) {
        runLocked(() -> {
            bounds.expire(clock.getAsLong(), EXPIRED_PER_PUBLISH);
            shared.requireAcceptable(publications);
        });
    }

    /**
     * Takes over events whose positions are known, and wakes the lanes that have subscribers. An entry that fails has
     * no effect on the others.
     *
     * @param upTo the position up to which the sequence was read
     */
    void takeOver(List<SharedEvents> entries, long upTo, EventIds ids) {
        List<TopicListener> marked = new ArrayList<>(entries.size());
        long untilExpiry;
        lock.lock();
        try {
            requireOpen();
            long now = clock.getAsLong();
            bounds.expire(now, EXPIRED_PER_PUBLISH * Math.max(1, entries.size()));
            shared.takeOver(entries, upTo, ids, now, marked);
            head = appender.position();
            untilExpiry = markExpiry(now);
        } finally {
            lock.unlock();
        }
        wake(marked, untilExpiry);
    }

    /** The last position up to which events of whatever topic may be lost; 0 if none are. */
    public long lostPosition() {
        return shared.losses().last();
    }

    /** As {@link Losses#limitAfter}. */
    public long limitBeforeLoss(long at) {
        return shared.losses().limitAfter(at);
    }

    /** As {@link Holes#limitAfter}. */
    public long limitBeforeHole(long at) {
        return shared.holes().limitAfter(at);
    }

    /** The position after the loss or the hole at which a client stands. */
    public long afterLoss(long at) {
        long after = limitBeforeLoss(at) == at ? shared.losses().after(at) : at;
        return Math.max(after, shared.holes().after(at));
    }

    /** Whether an event of whatever topic that was published at or after {@code since} may be lost. */
    public boolean isLostSince(long since) {
        return shared.losses().isLostSince(since);
    }

    // ---- removing

    /** Whether a topic of this name is live-only. Any thread. */
    public boolean isLiveOnly(String name) {
        return topics.isLiveOnly(name);
    }

    /** Whether a topic of this name conflates. Any thread. */
    public boolean conflates(String name) {
        return topics.conflates(name);
    }

    /**
     * Removes what a topic holds now, and forgets that it has ended.
     *
     * @return completes with whether the hub had the topic, when everything is removed: at once without a history
     */
    public CompletionStage<Boolean> remove(String name) {
        requireOpen();
        boolean isStored = history != null && !topics.isLiveOnly(name);
        long[] upTo = {0};
        boolean exists = locked(() -> {
            upTo[0] = appender.position();
            boolean hadEnded = isStored ? topics.ended().contains(name) : topics.forgetEnd(name);
            return hadEnded || topics.find(name) != null;
        });
        if (!exists) {
            return CompletableFuture.completedFuture(false);
        }
        if (isStored) { // the writer forgets the end, unless the history has failed
            return Objects.requireNonNull(history).writer().remove(name);
        }
        boolean isDone = false;
        while (!isDone) { // in slices, so that no publisher waits for all of it
            isDone = locked(() -> topics.clear(name, upTo[0], LogBounds.MAX_EVICTED_AT_ONCE, bounds));
        }
        return CompletableFuture.completedFuture(true);
    }

    // ---- the life of the hub

    /**
     * Evicts expired entries. Under the lock.
     *
     * @param max how many entries to evict at most
     * @return how long until the next entry expires; {@link Long#MAX_VALUE} if there is none, or if the hub is closed
     */
    long expire(int max) {
        assert lock.isHeldByCurrentThread();
        if (closed) {
            return Long.MAX_VALUE;
        }
        long now = clock.getAsLong();
        bounds.expire(now, max);
        return bounds.nanosUntilExpiry(now);
    }

    /** @throws ClosedException if the hub is closed */
    public void requireOpen() {
        if (closed) {
            throw new ClosedException("hub", null);
        }
    }

    /** From now on every append and every subscription fails. */
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        expirer.stop();
    }
}
