package io.sluice.sse.hub.log;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * Events that the hub does not have in memory any more, but can read: from a durable history, or from a backplane that
 * keeps the sequence. All methods may block; the thread of {@link HistoryReader} calls them.
 */
public interface PastEvents {

    /** The topics of a read. */
    interface Topics {

        /** The names of those that the hub has, except for live-only ones. */
        Collection<String> names();

        /** Whether a topic of this name is one of them, even if the hub does not have it now. */
        boolean matches(String name);
    }

    /**
     * Events in the order of their positions. An event of several topics is there once for each.
     *
     * @param end up to this position the page has everything; the position from which it was read if some of it is lost
     */
    record Page(List<LogEntry> entries, long end) {}

    /**
     * Reads events after {@code after}, up to and including {@code upTo}.
     *
     * @param maxBytes the maximum sum of their encoded sizes; a single event may be larger
     */
    Page read(Topics topics, long after, long upTo, int maxBytes);

    /** The position before the last {@code events} events up to {@code upTo}, or before as many as can be searched. */
    long beforeLast(Topics topics, int events, long upTo);

    /**
     * The position before the first event up to {@code upTo} that was published at {@code time} or later; {@code upTo}
     * if there is none.
     */
    long before(Topics topics, Instant time, long upTo);
}
