package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.TopicEndedException;
import io.sluice.sse.topic.TopicLimitException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Gives each event of a batch its position, and puts it into the rings of its topics and into the queue of the history.
 * A caller prepares a batch, appends its events, and finishes. Guarded by the hub's lock.
 */
final class Appender {

    /** After a batch of more events than this, the list of its topics is replaced, so that its capacity is freed. */
    private static final int MAX_RETAINED_CAPACITY = 1024;

    private final TopicTable topics;
    private final LogBounds bounds;
    private final ReentrantLock lock;

    /** Null if the hub keeps its events in memory only. Set before the hub is used. */
    private @Nullable HubHistory history;

    private long position;
    /** The topics of the events that are not appended yet, in the order in which the events name them. */
    private ArrayDeque<Topic> resolved = new ArrayDeque<>();

    private boolean isLarge;

    Appender(TopicTable topics, LogBounds bounds, ReentrantLock lock) {
        this.topics = topics;
        this.bounds = bounds;
        this.lock = lock;
    }

    /** Continues after the last event of a history. Called before the hub is used. */
    void continueWith(HubHistory opened) {
        history = opened;
        position = opened.head();
    }

    /** The position of the last event. */
    long position() {
        assert lock.isHeldByCurrentThread();
        return position;
    }

    /** The next event gets the position after this one. */
    void moveTo(long newPosition) {
        assert lock.isHeldByCurrentThread();
        position = newPosition;
    }

    /**
     * Checks a batch and finds or creates its topics. If it fails, nothing of the batch has been appended.
     *
     * @throws TopicEndedException if a topic of an event has ended, or ends earlier in the batch
     * @throws TopicLimitException if an event needs a new topic and the hub has its maximum
     */
    void prepare(List<PendingEvent> events) {
        assert lock.isHeldByCurrentThread();
        isLarge = events.size() > MAX_RETAINED_CAPACITY;
        checkEnds(events);
        resolveTopics(events);
    }

    /** To be called after each batch, whether it failed or not. */
    void finish() {
        assert lock.isHeldByCurrentThread();
        unpinResolved();
        resolved.clear(); // after a failure it is not empty
        if (isLarge) {
            isLarge = false;
            resolved = new ArrayDeque<>();
        }
    }

    /** A batch is appended completely or not at all, so its ends are checked before the first append. */
    private void checkEnds(List<PendingEvent> events) {
        boolean mayEnd = !topics.ended().isEmpty();
        for (int i = 0; i < events.size() && !mayEnd; i++) {
            mayEnd = events.get(i).last();
        }
        if (mayEnd) {
            new EndCheck(topics.ended(), bounds).check(events);
        }
    }

    /** Finds or creates all topics before the first append: a batch is appended completely or not at all. */
    private void resolveTopics(List<PendingEvent> events) {
        try {
            for (PendingEvent event : events) {
                if (event.isKeyRemoval()) {
                    continue; // needs no topic
                }
                for (String name : event.topics()) {
                    Topic topic = topics.getOrCreate(name);
                    topic.setPinned(true);
                    resolved.add(topic);
                }
            }
        } catch (TopicLimitException e) {
            unpinResolved();
            resolved.forEach(topics::removeIfIdle);
            throw e;
        }
    }

    private void unpinResolved() {
        for (Topic topic : resolved) {
            topic.setPinned(false);
        }
    }

    private Topic nextResolved() {
        Topic topic = resolved.remove();
        topic.setPinned(false);
        return topic;
    }

    /**
     * Appends an event after the last position, and marks the listeners of its topics. All topics of the batch were
     * found by {@link #prepare}.
     *
     * @param marked the first listener of each topic is added, for the wake-up after the lock is released
     */
    Published append(PendingEvent event, EventIds ids, long now, List<TopicListener> marked) {
        assert lock.isHeldByCurrentThread();
        if (event.isKeyRemoval()) {
            return removeKey(event, ids);
        }
        String publisherId = event.publisherId();
        PublisherId existing = publisherId == null ? null : bounds.findPublisherId(publisherId);
        if (publisherId != null && existing != null) {
            event.topics().forEach(name -> topics.removeIfIdle(nextResolved()));
            return new Published(publisherId, existing.topic(), true);
        }
        long at = ++position;
        if (publisherId == null) {
            ids.writeLinePosition(event.wire(), at);
        }
        SharedEvent shared = event.topics().size() == 1 ? null : new SharedEvent();
        for (String name : event.topics()) {
            Topic before = nextResolved();
            // An earlier event of this batch may have evicted the last event of this topic. Then the topic was removed,
            // so there is room to create it again.
            Topic topic = before.isRemoved() ? topics.getOrCreate(name) : before;
            topics.markPublished(topic);
            LogEntry entry = entry(topic, event, shared, at, now);
            bounds.append(topic, entry);
            if (history != null) {
                history.writer().enqueue(topic.isLiveOnly ? HistoryMarker.notStored(at, topic.name) : entry);
            }
            if (event.last()) {
                end(topic, at, now);
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
                publisherId == null ? ids.text(at) : publisherId, event.topics().get(0), false);
    }

    /** Removes the key of an event without data. This takes a position, but no topic has an entry there. */
    private Published removeKey(PendingEvent event, EventIds ids) {
        long at = ++position;
        String key = RecipientCodec.conflationKey(event.recipients(), Objects.requireNonNull(event.key()));
        for (String name : event.topics()) {
            Topic topic = topics.find(name);
            if (topic != null && topic.log instanceof ConflatedLog conflated) {
                conflated.removeKey(key, bounds);
                topics.removeIfIdle(topic);
            }
        }
        return new Published(ids.text(at), event.topics().get(0), false);
    }

    private void end(Topic topic, long at, long now) {
        topics.setEnded(topic, at, now);
        if (history != null) {
            history.writer().enqueue(HistoryMarker.end(at, topic.name));
        }
    }

    /** Only the rare kinds of entries have more fields, so that a usual entry stays small. */
    private static LogEntry entry(Topic topic, PendingEvent event, @Nullable SharedEvent shared, long at, long now) {
        Recipients recipients = event.recipients();
        String eventKey = topic.log instanceof ConflatedLog ? event.key() : null;
        String key = eventKey == null ? null : RecipientCodec.conflationKey(recipients, eventKey);
        if (shared != null || !recipients.isEverybody()) {
            return new LogEntry.Routed(
                    at,
                    now,
                    topic.name,
                    event.wire(),
                    event.publisherId(),
                    key,
                    recipients.isEverybody() ? null : recipients,
                    shared);
        }
        if (key != null) {
            return new LogEntry.WithKey(at, now, topic.name, event.wire(), event.publisherId(), key);
        }
        return event.publisherId() == null
                ? new LogEntry(at, now, topic.name, event.wire())
                : new LogEntry.WithPublisherId(at, now, topic.name, event.wire(), event.publisherId());
    }
}
