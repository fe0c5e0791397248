package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.TopicEndedException;
import io.sluice.sse.topic.TopicLimitException;
import java.util.List;

/**
 * What a hub takes over from a sequence that it shares with other nodes: events that have their positions already, and
 * the places where events may be lost. Guarded by the hub's lock, except for {@link #losses} and {@link #holes}.
 */
final class SharedSequence {

    private final Appender appender;
    private final TopicTable topics;
    private final LogBounds bounds;

    /** The time of the last event that was taken over: the times of a ring do not fall. */
    private long lastNanos = Long.MIN_VALUE;

    // Written under the lock and before the head, read anywhere.
    private volatile Losses losses = Losses.NONE;
    private volatile Holes holes = Holes.NONE;

    SharedSequence(Appender appender, TopicTable topics, LogBounds bounds) {
        this.appender = appender;
        this.topics = topics;
        this.bounds = bounds;
    }

    /** Begins after this position: earlier events are not in memory. Clients may have connected before. */
    void beginAfter(long position, long nanos) {
        topics.beginAfter(new Floor(position, bounds.nextEviction(), nanos));
        appender.moveTo(position);
        losses = losses.begunAfter(position);
    }

    /** Events up to this position may be lost. */
    void lose(long upTo, long now) {
        appender.moveTo(Math.max(appender.position(), upTo));
        losses = losses.with(upTo, now);
    }

    /** The backplane has nothing between these positions, but has earlier events. */
    void addHole(long after, long upTo) {
        holes = holes.with(after, upTo);
    }

    /** The backplane keeps nothing up to this position, so a client below it gets a gap anyway. */
    void dropHolesUpTo(long trimmed) {
        holes = holes.withoutThoseUpTo(trimmed);
    }

    /** Where events of whatever topic may be lost. Any thread. */
    Losses losses() {
        return losses;
    }

    /** Where the backplane has nothing in the middle of what it keeps. Any thread. */
    Holes holes() {
        return holes;
    }

    /**
     * Checks events before they are handed to the other nodes, so that a publication which every node would refuse does
     * not reach them. An event with an id of its publisher is not checked: it may be a repetition.
     *
     * @throws TopicEndedException if a topic of an event has ended
     * @throws TopicLimitException if an event needs a new topic and the hub has its maximum
     */
    void requireAcceptable(List<Publication> publications) {
        for (Publication publication : publications) {
            if (publication.event().id() == null) {
                requireAcceptable(publication);
            }
        }
    }

    private void requireAcceptable(Publication publication) {
        for (String topic : publication.topics()) {
            if (topics.ended().contains(topic)) {
                throw new TopicEndedException(topic);
            }
            if (publication.event().data() != null) {
                topics.requireRoomFor(topic);
            }
        }
    }

    /**
     * Takes over events whose positions are known. An entry that fails has no effect on the others.
     *
     * @param upTo the position up to which the sequence was read
     * @param marked gets the first listener of each topic, for the wake-up after the lock is released
     */
    void takeOver(List<SharedEvents> entries, long upTo, EventIds ids, long now, List<TopicListener> marked) {
        for (SharedEvents entry : entries) {
            takeOver(entry, Math.max(lastNanos, Math.min(now, entry.nanos)), ids, marked);
            if (entry.isRefused() && mayBeMissed(entry)) {
                losses = losses.with(entry.last(), now);
            }
        }
        appender.moveTo(Math.max(appender.position(), upTo));
    }

    /** Whether a client may miss the events of an entry that was refused. Nothing follows in a topic that has ended. */
    private boolean mayBeMissed(SharedEvents entry) {
        return !(entry.failure instanceof TopicEndedException)
                || entry.events.stream()
                        .flatMap(event -> event.topics().stream())
                        .map(topics::find)
                        .anyMatch(topic -> topic != null && topic.firstListener() != null);
    }

    private void takeOver(SharedEvents entry, long nanos, EventIds ids, List<TopicListener> marked) {
        lastNanos = nanos;
        try {
            List<PendingEvent> events = entry.withoutDuplicates();
            appender.prepare(events);
            for (int i = 0; i < entry.events.size(); i++) {
                PendingEvent event = entry.events.get(i);
                if (!entry.isDuplicate(i)) {
                    appender.moveTo(entry.first + i - 1);
                    if (event.publisherId() != null) { // whether it is a duplicate is decided already
                        bounds.removePublisherId(event.publisherId());
                    }
                    entry.published.add(appender.append(event, ids, nanos, marked));
                } else {
                    entry.addDuplicate(i);
                }
            }
        } catch (TopicLimitException | TopicEndedException | IllegalArgumentException e) {
            entry.failure = e; // as on most nodes, but they may have other topics
        } finally {
            appender.finish();
        }
    }
}
