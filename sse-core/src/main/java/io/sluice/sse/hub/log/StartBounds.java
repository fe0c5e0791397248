package io.sluice.sse.hub.log;

/**
 * From where a subscription takes part in the topics of one kind, if its sink begins at a lower position than that. A
 * sink has one position for all of its topics, so the events in between are left out, and are not missed either.
 * Immutable.
 *
 * @param live events of live-only topics up to this position are left out
 * @param news events of topics that are neither live-only nor conflate, up to this position, are left out
 * @param state of topics that conflate, superseded events up to this position are left out, and the keys of such events
 *     may be removed without a gap: the subscription began without any state
 */
public record StartBounds(long live, long news, long state) {

    /** Nothing is left out. */
    public static final StartBounds NONE = new StartBounds(0, 0, 0);

    /** The position after which a sink at {@code position} gets the events of the topic. */
    public long after(Topic topic, long position) {
        if (topic.isLiveOnly) {
            return Math.max(position, live);
        }
        return topic.conflates() ? position : Math.max(position, news);
    }

    /** As {@link TopicLog#isGap}, for a sink at {@code position}. */
    public boolean isGap(Topic topic, long position, long reportedEvictions) {
        return topic.log.isGap(after(topic, position), Math.max(position, state), reportedEvictions);
    }

    /** The bounds of a sink at {@code position}. */
    public StartBounds remaining(long position) {
        return hasBegun(position) && state <= position ? NONE : this;
    }

    /** Whether a sink at {@code position} gets every event that follows. */
    public boolean hasBegun(long position) {
        return live <= position && news <= position;
    }
}
