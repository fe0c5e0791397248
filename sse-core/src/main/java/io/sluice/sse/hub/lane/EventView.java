package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.LoggedEvent;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import org.jspecify.annotations.Nullable;

/**
 * How a sink sees the events of its topics, unless it takes them as they are: through a filter, in an envelope. Sinks
 * with equal views share frames; the usual sink has no view. Immutable.
 */
abstract sealed class EventView {

    /** @return the form in which a client with this view gets the event, or null if it does not get it */
    abstract @Nullable LogEntry of(LoggedEvent event, LaneSink sink);

    /**
     * The form in which a client gets the event, or null if it does not get it.
     *
     * @param view the view of the sink, or null
     */
    static @Nullable LogEntry formFor(LoggedEvent event, LaneSink sink, @Nullable EventView view) {
        Recipients recipients = event.entry.recipients();
        if (recipients != null && !recipients.include(sink)) {
            return null;
        }
        return view == null ? event.entry : view.of(event, sink);
    }

    /** The view of one selector; null if it takes events as they are. */
    static @Nullable EventView of(Selector selector) {
        EventFilter filter = selector.filter();
        return filter == null && !selector.isEnveloped() ? null : new OfSelector(filter, selector.isEnveloped());
    }

    /** The view of all subscriptions of a sink; null if it takes events as they are. */
    static @Nullable EventView of(Selection selection) {
        EventView common = selection.first().ownView();
        for (LaneSubscription each = selection.next(); each != null; each = each.next()) {
            EventView other = each.ownView();
            if (common == null ? other != null : !common.equals(other)) {
                return new Several(selection.first());
            }
        }
        return common;
    }

    /** The view of one selector. Filters are compared by identity, so that no lane runs a user's {@code equals}. */
    private static final class OfSelector extends EventView {
        private final @Nullable EventFilter filter;
        private final boolean envelope;

        OfSelector(@Nullable EventFilter filter, boolean envelope) {
            this.filter = filter;
            this.envelope = envelope;
        }

        @Override
        @Nullable
        LogEntry of(LoggedEvent event, LaneSink sink) {
            if (filter != null && !accepts(filter, event, sink)) {
                return null;
            }
            return envelope ? event.enveloped() : event.entry;
        }

        /** A filter that throws rejects the event: the client may not be allowed to see it. */
        private static boolean accepts(EventFilter filter, LoggedEvent event, LaneSink sink) {
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
     * The view of a sink whose subscriptions differ. The client gets an event in the form of the first subscription
     * that matches its topic and accepts it. No other sink shares this view.
     */
    private static final class Several extends EventView {
        private final LaneSubscription first;

        Several(LaneSubscription first) {
            this.first = first;
        }

        @Override
        @Nullable
        LogEntry of(LoggedEvent event, LaneSink sink) {
            for (LaneSubscription each = first; each != null; each = each.next()) {
                if (each.receives(event.entry)) {
                    EventView view = each.ownView();
                    LogEntry form = view == null ? event.entry : view.of(event, sink);
                    if (form != null) {
                        return form;
                    }
                }
            }
            return null;
        }
    }
}
