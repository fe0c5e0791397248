package io.sluice.sse.hub;

import org.jspecify.annotations.Nullable;

/**
 * How a sink takes the events of its topics, where that is not simply as they are: through a filter, in an envelope. Sinks
 * with equal variants share frames; the usual sink has none.
 */
abstract sealed class EventView {

    /** @return the form in which a client of this variant gets the event, or null if it does not get it */
    abstract @Nullable LogEntry of(TopicEvent event, LaneSink sink);

    /**
     * The form in which a client gets the event, or null if it does not get it.
     *
     * @param variant that of the sink
     */
    static @Nullable LogEntry formFor(TopicEvent event, LaneSink sink, @Nullable EventView variant) {
        Recipients recipients = event.entry.recipients();
        if (recipients != null && !recipients.include(sink)) {
            return null;
        }
        return variant == null ? event.entry : variant.of(event, sink);
    }

    /** The variant of all that a sink listens to; null if it takes events as they are. */
    static @Nullable EventView of(@Nullable Subscription first) {
        if (first == null) {
            return null;
        }
        EventView common = first.selector().variant();
        for (Subscription next = first.next; next != null; next = next.next) {
            EventView other = next.selector().variant();
            if (common == null ? other != null : !common.equals(other)) {
                return new Several(first);
            }
        }
        return common;
    }

    /** Of one selector. Filters are compared by identity: what their equals does is not for a lane to find out. */
    static final class OfSelector extends EventView {
        final @Nullable EventFilter filter;
        final boolean envelope;

        OfSelector(@Nullable EventFilter filter, boolean envelope) {
            this.filter = filter;
            this.envelope = envelope;
        }

        @Override
        @Nullable
        LogEntry of(TopicEvent event, LaneSink sink) {
            if (filter != null && !accepts(filter, event, sink)) {
                return null;
            }
            return envelope ? event.enveloped() : event.entry;
        }

        /** Closed when in doubt: what a filter holds back may be none of the client's business. */
        private static boolean accepts(EventFilter filter, TopicEvent event, LaneSink sink) {
            try {
                return filter.accepts(event);
            } catch (Throwable t) {
                sink.userCodeFailed("filter", t);
                return false;
            }
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof OfSelector that && filter == that.filter && envelope == that.envelope;
        }

        @Override
        public int hashCode() {
            return 2 * System.identityHashCode(filter) + (envelope ? 1 : 0);
        }
    }

    /**
     * Of a sink whose subscriptions differ: an event goes to it in the form of the first of them that has its topic and
     * lets it through. Shared with no other sink.
     */
    static final class Several extends EventView {
        private final Subscription first;

        Several(Subscription first) {
            this.first = first;
        }

        @Override
        @Nullable
        LogEntry of(TopicEvent event, LaneSink sink) {
            for (Subscription at = first; at != null; at = at.next) {
                if (event.entry.position > at.since() && at.selector().matches(event.topic())) {
                    EventView variant = at.selector().variant();
                    LogEntry form = variant == null ? event.entry : variant.of(event, sink);
                    if (form != null) {
                        return form;
                    }
                }
            }
            return null;
        }
    }
}
