package io.sluice.sse.hub;

import io.sluice.sse.topic.TopicName;
import io.sluice.sse.topic.TopicPattern;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Of which topics a hub knows who is there: the principals of the sinks that listen to them, as {@link
 * io.sluice.sse.Identity} names them. Sinks of unknown principals are not counted, and cost nothing.
 *
 * <p>A principal joins with the first of its sinks and leaves when the last one has gone. {@link
 * io.sluice.sse.Observer#joined} and {@link io.sluice.sse.Observer#left} hear of both in order, each after the other; where
 * {@linkplain #withEvents wanted}, clients do too. {@link Hub#members(String)} says who is there now.
 *
 * <p>Who is where: a sink is at a topic that it names, and at {@code rooms/7} as well if it listens to the whole of it, by
 * {@code rooms/7/**}. Whoever listens by any other pattern overhears those topics and is not there.
 *
 * <p>Immutable; each {@code with…} gives a copy.
 */
public final class Presence {

    /** The name of the event that tells that somebody is there now. */
    public static final String JOIN_EVENT_NAME = "join";
    /** The name of the event that tells that somebody has gone. */
    public static final String LEAVE_EVENT_NAME = "leave";
    /** The name of the event that lists who is there, for those who begin to listen. */
    public static final String PRESENT_EVENT_NAME = "present";
    /** The most principals in such a list, which has the number of all beside them. */
    public static final int MAX_LISTED = 1000;

    private static final Duration LONGEST_LINGER = Duration.ofDays(1);
    private static final String SUBTREE = "/**";

    private final @Nullable TopicPattern topics;
    private final Duration gracePeriod;
    private final @Nullable String events;

    private Presence(@Nullable TopicPattern topics, Duration gracePeriod, @Nullable String events) {
        this.topics = topics;
        this.gracePeriod = gracePeriod;
        this.events = events;
    }

    /** Who is there at all: principals with an open sink, whatever it listens to. */
    public static Presence ofHub() {
        return new Presence(null, Duration.ZERO, null);
    }

    /**
     * Who is at each topic that this pattern stands for.
     *
     * @param pattern a topic pattern, or the name of one topic
     * @throws IllegalArgumentException if it is neither
     */
    public static Presence of(String pattern) {
        try {
            return new Presence(TopicPattern.of(pattern), Duration.ZERO, null);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("presence: " + e.getMessage() + " (expected: a topic pattern)", e);
        }
    }

    /**
     * A copy in which nobody has left before this time has passed since their last sink ended: a client that reconnects
     * meanwhile neither leaves nor joins. Zero unless said otherwise. Of more than 100,000 who linger, those who have done
     * so longest leave early.
     *
     * @throws IllegalArgumentException if it is negative or longer than a day
     */
    public Presence withGracePeriod(Duration time) {
        if (time.isNegative() || time.compareTo(LONGEST_LINGER) > 0) {
            throw new IllegalArgumentException("linger: " + time + " (expected: from 0 to 1 day)");
        }
        return new Presence(topics, time, events);
    }

    /**
     * A copy whose joins and leaves are events as well: of {@code rooms/7} on the topic {@code rooms/7} below the given
     * one ({@code presence/rooms/7}), of the hub as a whole on the given one. They are called {@value #JOIN_EVENT_NAME} and
     * {@value #LEAVE_EVENT_NAME}, and their data is {@code {"principal":"ann","topic":"rooms/7"}}. A stream that begins to
     * listen to such a topic by its name gets one event {@value #PRESENT_EVENT_NAME} ahead of them, {@code
     * {"topic":"rooms/7","count":2,"principals":["ann","bob"]}}, with {@value #MAX_LISTED} principals at the most. A join of
     * somebody on the list, or a leave of somebody who is not, may follow it; the last word on somebody is right.
     *
     * @throws IllegalArgumentException if nothing can be published below a topic of this name
     */
    public Presence withEvents(String topic) {
        TopicName.check(topic);
        return new Presence(topics, gracePeriod, topic);
    }

    boolean isOfHub() {
        return topics == null;
    }

    Duration gracePeriod() {
        return gracePeriod;
    }

    boolean hasEvents() {
        return events != null;
    }

    /** Where somebody is who listens by this name or pattern; null for nowhere. */
    @Nullable
    String topicOf(String term) {
        String topic = term.endsWith(SUBTREE) ? term.substring(0, term.length() - SUBTREE.length()) : term;
        boolean isThere = !TopicPattern.isPattern(topic) && counts(topic) && !isOfEvents(topic);
        return isThere ? topic : null;
    }

    private boolean counts(String topic) {
        return topics != null && topics.matches(topic);
    }

    private boolean isOfEvents(String topic) {
        return events != null && (topic.equals(events) || topic.startsWith(events + "/"));
    }

    /** @param topic null for the hub as a whole */
    String eventsOf(@Nullable String topic) {
        return topic == null ? events + "" : events + "/" + topic;
    }

    /** Whether a topic of this name is the one that has the joins and leaves of the hub as a whole. */
    boolean isEventsOfHub(String name) {
        return isOfHub() && name.equals(events);
    }

    /** The topic whose joins and leaves are on the topic of this name; or null. */
    @Nullable
    String topicOfEvents(String name) {
        if (events == null || !name.startsWith(events + "/")) {
            return null;
        }
        String topic = name.substring(events.length() + 1);
        return counts(topic) ? topic : null;
    }

    @Override
    public String toString() {
        return "presence " + (topics == null ? "of the hub" : topics) + ", linger " + gracePeriod
                + (events == null ? "" : ", events on " + events);
    }
}
