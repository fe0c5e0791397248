package io.sluice.sse.hub;

import io.sluice.sse.topic.TopicPattern;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which topics of a hub have a presence. Present at a topic are the principals of the sinks that subscribe to it, as
 * {@link io.sluice.sse.Identity} names them. Sinks without a principal are not counted and cost nothing.
 *
 * <p>A principal joins with the first of its sinks and leaves after its last one has closed. {@link
 * io.sluice.sse.Observer#joined} and {@link io.sluice.sse.Observer#left} report both, in order and alternately. With
 * {@link #withEvents}, clients get them as events. {@link Hub#members(String)} returns the principals that are present
 * now.
 *
 * <p>A sink is present at the topics that it subscribes to by name. With the pattern {@code rooms/7/**} it is present
 * at {@code rooms/7}, because it subscribes to everything there. With any other pattern it is present nowhere.
 *
 * <p>Immutable; each {@code with…} returns a copy.
 */
public final class Presence {

    /** The name of the event that reports a join. */
    public static final String JOIN_EVENT_NAME = "join";
    /** The name of the event that reports a leave. */
    public static final String LEAVE_EVENT_NAME = "leave";
    /** The name of the event that lists the principals that are present, for a new subscriber. */
    public static final String PRESENT_EVENT_NAME = "present";
    /** The most principals in such a list. The event also has the number of all principals. */
    public static final int MAX_LISTED = 1000;

    private static final Duration MAX_GRACE_PERIOD = Duration.ofDays(1);
    private static final String SUBTREE = "/**";

    private final @Nullable TopicPattern topics;
    private final Duration gracePeriod;
    private final @Nullable String events;

    private Presence(@Nullable TopicPattern topics, Duration gracePeriod, @Nullable String events) {
        this.topics = topics;
        this.gracePeriod = gracePeriod;
        this.events = events;
    }

    /** The presence of the whole hub: all principals with an open sink, whatever it subscribes to. */
    @CheckReturnValue
    public static Presence ofHub() {
        return new Presence(null, Duration.ZERO, null);
    }

    /**
     * The presence of each topic that matches this pattern.
     *
     * @param pattern a topic pattern, or the name of one topic
     * @throws IllegalArgumentException if it is neither
     */
    @CheckReturnValue
    public static Presence of(String pattern) {
        try {
            return new Presence(TopicPattern.of(pattern), Duration.ZERO, null);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("presence: " + e.getMessage() + " (expected: a topic pattern)", e);
        }
    }

    /**
     * A copy in which a principal leaves only after this time has passed since its last sink closed. So a client that
     * reconnects within that time neither leaves nor joins. Zero by default. If more than 100,000 principals are in
     * their grace period, the oldest of them leave early.
     *
     * @throws IllegalArgumentException if the time is negative or longer than a day
     */
    @CheckReturnValue
    public Presence withGracePeriod(Duration time) {
        if (time.isNegative() || time.compareTo(MAX_GRACE_PERIOD) > 0) {
            throw new IllegalArgumentException("gracePeriod: " + time + " (expected: from 0 to 1 day)");
        }
        return new Presence(topics, time, events);
    }

    /**
     * A copy that also publishes joins and leaves as events. Those of {@code rooms/7} go to the topic {@code rooms/7}
     * below the given one, for example {@code presence/rooms/7}. Those of the whole hub go to the given topic. The
     * events have the names {@value #JOIN_EVENT_NAME} and {@value #LEAVE_EVENT_NAME}, and their data is
     * {@code {"principal":"ann","topic":"rooms/7"}}.
     *
     * <p>A stream that subscribes to such a topic by name first gets one event {@value #PRESENT_EVENT_NAME},
     * {@code {"topic":"rooms/7","count":2,"principals":["ann","bob"]}}, with at most {@value #MAX_LISTED} principals.
     * Wherever the stream starts, only joins and leaves that come later follow. Earlier ones are never sent, do not
     * count for a replay, and cause no gap. No history stores them. A join of a listed principal, or a leave of one
     * that is not listed, may follow the list. The last event about a principal is right. After a gap the list comes
     * again and replaces what the client knew.
     *
     * @throws IllegalArgumentException if nothing can be published below a topic of this name
     */
    @CheckReturnValue
    public Presence withEvents(String topic) {
        TopicPattern.checkName(topic);
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

    /** The topic at which a subscriber by this name or pattern is present; null if it is present nowhere. */
    @Nullable
    String topicOf(String term) {
        String topic = term.endsWith(SUBTREE) ? term.substring(0, term.length() - SUBTREE.length()) : term;
        boolean isPresent = !TopicPattern.isPattern(topic) && counts(topic) && !isTopicOfEvents(topic);
        return isPresent ? topic : null;
    }

    private boolean counts(String topic) {
        return topics != null && topics.matches(topic);
    }

    private boolean isTopicOfEvents(String topic) {
        return events != null && (topic.equals(events) || topic.startsWith(events + "/"));
    }

    /** @param topic null for the whole hub */
    String eventsOf(@Nullable String topic) {
        return topic == null ? events + "" : events + "/" + topic;
    }

    /** Whether a topic of this name has the joins and leaves of the whole hub. */
    boolean isEventsOfHub(String name) {
        return isOfHub() && name.equals(events);
    }

    /** The topic whose joins and leaves are published to the topic of this name; or null. */
    @Nullable
    String topicOfEvents(String name) {
        if (events == null || !name.startsWith(events + "/")) {
            return null;
        }
        String topic = name.substring(events.length() + 1);
        return counts(topic) ? topic : null;
    }

    /** Whether joins and leaves are published to a topic of this name. */
    boolean publishesTo(String name) {
        return isEventsOfHub(name) || topicOfEvents(name) != null;
    }

    @Override
    public String toString() {
        return "presence " + (topics == null ? "of the hub" : topics) + ", grace period " + gracePeriod
                + (events == null ? "" : ", events on " + events);
    }
}
