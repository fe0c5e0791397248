package io.sluice.sse.hub.log;

import io.sluice.sse.ClosedException;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.TopicLimitException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The hub's one sequence: positions, rings and the head, under one short lock. No I/O, no user code and no wake-up
 * happens under it.
 *
 * <p>Why nothing can be lost between a publisher and a lane: the publisher appends, marks the topic dirty on its lanes,
 * releases the head and wakes the lanes, in this order; a lane takes back its wake-up, acquires the head and takes the
 * dirty topics, in this order. So a topic with an event at or below the head that a lane acquired is among the dirty ones
 * that it takes (or was taken before), and one with an event above it is carried to the next pass, for which the
 * publisher's wake-up is still to come.
 */
public final class HubLog {

    /** Old entries that a publisher lets go beside its own work, so that ageing keeps up without a clock. */
    private static final int AGED_PER_PUBLISH = 4;

    private static final int AGED_PER_READ = 1024;

    /** A batch of more events than this leaves no room behind for the next one. */
    private static final int MOST_KEPT_ROOM = 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final LogOptions options;
    private final LongSupplier clock;
    private final WallClock wallClock;

    // Guarded by the lock.
    public final TopicTable topics;
    public final LogBounds bounds;
    private final Expirer ageing;
    private long position;
    /** The topics of the drafts that are still to be appended, each as often as it is named. */
    private ArrayDeque<Topic> found = new ArrayDeque<>();

    /** Where events go beyond the rings; null in a hub that keeps its history in memory. Set before the hub is used. */
    private @Nullable HubHistory history;

    // Written under the lock, read by lanes. Volatile, not just released: a publisher writes the head and then reads
    // whether a lane has been woken, a lane takes back its wake-up and then reads the head; one of them must see the
    // other.
    private volatile long head;

    /** Written under the lock; read without it by streams that listen to nothing. */
    private volatile boolean closed;

    public HubLog(LogOptions options) {
        this.options = options;
        this.clock = options.clocks().nanos();
        this.wallClock = new WallClock(clock, options.clocks().wall());
        this.topics = new TopicTable(
                new TopicOptions(options, lock), new TopicIndex(TopicIndex.LEAST, lock, ForkJoinPool.commonPool()));
        this.bounds = new LogBounds(topics, options.retention());
        this.ageing =
                new Expirer(this, options.clocks().timer(), options.retention().age());
    }

    @Nullable
    public HubHistory history() {
        return history;
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
        position = opened.head();
        head = position;
        return opened.epoch();
    }

    /** Position of the newest event that may be delivered; everything up to it is in its rings. */
    public long head() {
        return head;
    }

    /** As {@link WallClock#nanosAt}. */
    public long nanosAt(Instant time) {
        return wallClock.nanosAt(time);
    }

    /** Runs {@code work} under the lock: short, without I/O and without user code. */
    public <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Appends the drafts next to each other and wakes the lanes that listen.
     *
     * @throws TopicLimitException if one of them needs a topic for which there is no place; none is appended then
     * @throws ClosedException if the hub is closed
     * @throws io.sluice.sse.history.HistoryException if the history does not take them
     */
    List<Published> append(List<PendingEvent> drafts, EventIds ids) {
        List<Published> answers = new ArrayList<>(drafts.size());
        List<TopicListener> marked = new ArrayList<>(drafts.size());
        long untilAged = Long.MAX_VALUE; // unless ageing has to begin
        lock.lock();
        try {
            requireOpen();
            requireRoom(drafts.size());
            if (history != null) {
                history.writer.requireRoom(drafts, position);
            }
            long now = clock.getAsLong();
            bounds.age(now, AGED_PER_PUBLISH);
            getOrCreateAll(drafts);
            for (PendingEvent draft : drafts) {
                answers.add(append(draft, ids, now, marked));
            }
            head = position;
            if (!ageing.isScheduled()) {
                untilAged = ageing.begin(bounds.nanosUntilAged(now));
            }
        } finally {
            found.clear(); // of an append that failed
            if (drafts.size() > MOST_KEPT_ROOM) {
                found = new ArrayDeque<>();
            }
            lock.unlock();
        }
        if (history != null) {
            history.writer.wake();
        }
        for (TopicListener first : marked) {
            for (TopicListener each = first; each != null; each = each.next()) {
                each.wake();
            }
        }
        if (untilAged < Long.MAX_VALUE) {
            ageing.schedule(untilAged);
        }
        return answers;
    }

    /** Ids never begin anew: they would not rise any more, and clients would lose events without a word. */
    private void requireRoom(int more) {
        if (position > EventIds.MAX_POSITION - more) {
            throw new IllegalStateException("the hub has given all its ids; a new hub has new ones");
        }
    }

    /** For tests: the next event has the position behind this one. */
    void skipTo(long newPosition) {
        locked(() -> position = newPosition);
        head = newPosition;
    }

    /** All topics before the first append: a batch is taken as a whole or not at all. */
    private void getOrCreateAll(List<PendingEvent> drafts) {
        try {
            for (PendingEvent draft : drafts) {
                for (String topic : draft.topics()) {
                    found.add(topics.getOrCreate(topic));
                }
            }
        } catch (TopicLimitException e) {
            found.forEach(topics::removeIfIdle);
            throw e;
        }
    }

    private Published append(PendingEvent draft, EventIds ids, long now, List<TopicListener> marked) {
        String publisherId = draft.publisherId();
        PublisherId kept = publisherId == null ? null : bounds.findPublisherId(publisherId);
        if (publisherId != null && kept != null) {
            draft.topics().forEach(name -> topics.removeIfIdle(found.remove()));
            return new Published(publisherId, kept.topic(), true);
        }
        long at = ++position;
        if (publisherId == null) {
            ids.writeLinePosition(draft.wire(), at);
        }
        SharedEvent copies = draft.topics().size() == 1 ? null : new SharedEvent();
        for (String name : draft.topics()) {
            Topic known = found.remove();
            // An earlier event of this batch may have evicted the last one of this topic, and with it the topic, whose
            // place is free then.
            Topic topic = known.isRemoved() ? topics.getOrCreate(name) : known;
            LogEntry entry = entry(topic, draft, copies, at, now);
            bounds.append(topic, entry);
            if (history != null) {
                history.writer.enqueue(entry);
            }
            TopicListener first = topic.firstListener();
            for (TopicListener each = first; each != null; each = each.next()) {
                each.mark();
            }
            if (first != null) {
                marked.add(first);
            }
        }
        return new Published(
                publisherId == null ? ids.text(at) : publisherId, draft.topics().get(0), false);
    }

    /** Rarer kinds of entries have more fields, so that the others need not carry them. */
    private static LogEntry entry(Topic topic, PendingEvent draft, @Nullable SharedEvent copies, long at, long now) {
        Recipients recipients = draft.recipients();
        String given = topic.log instanceof ConflatedLog ? draft.key() : null;
        String key = given == null ? null : RecipientCodec.conflationKey(recipients, given);
        if (copies != null || !recipients.isEverybody()) {
            return new LogEntry.Routed(
                    at,
                    now,
                    topic.name,
                    draft.wire(),
                    draft.publisherId(),
                    key,
                    recipients.isEverybody() ? null : recipients,
                    copies);
        }
        if (key != null) {
            return new LogEntry.WithKey(at, now, topic.name, draft.wire(), draft.publisherId(), key);
        }
        return draft.publisherId() == null
                ? new LogEntry(at, now, topic.name, draft.wire())
                : new LogEntry.WithPublisherId(at, now, topic.name, draft.wire(), draft.publisherId());
    }

    /**
     * Lets old entries go. Under the lock.
     *
     * @return how long until the next is too old; {@link Long#MAX_VALUE} if none is kept, or the hub is closed
     */
    long age(int slice) {
        assert lock.isHeldByCurrentThread();
        if (closed) {
            return Long.MAX_VALUE;
        }
        long now = clock.getAsLong();
        bounds.age(now, slice);
        return bounds.nanosUntilAged(now);
    }

    /** The topics, with what is too old gone from them. Under the lock. */
    public TopicTable topicsForReading() {
        assert lock.isHeldByCurrentThread();
        bounds.age(clock.getAsLong(), AGED_PER_READ);
        return topics;
    }

    /**
     * As {@link #topicsForReading}, for somebody who wants to listen.
     *
     * @throws ClosedException if the hub is closed
     */
    public TopicTable topicsForSubscribing() {
        requireOpen();
        return topicsForReading();
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
        ageing.stop();
    }
}
