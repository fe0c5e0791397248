package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.hub.core.LogThrottle;
import io.sluice.sse.hub.log.HistoryReader;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.PastEvents;
import io.sluice.sse.topic.OverflowPolicy;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sinks of a lane that stand below a ring and wait for a page of the history, or of a backplane that keeps the
 * sequence. A page is read once for all sinks
 * that wait at the same place. When it has been read, {@link CatchUp} writes it as it writes a range of a ring, and the
 * sink continues from its end. A waiting sink costs an entry in a set. It still gets its direct sends, and it leaves
 * without a trace if it closes.
 *
 * <p>Confined to the lane, except what the history's reader runs.
 */
final class HistoryPager {

    private static final Logger logger = LoggerFactory.getLogger(HistoryPager.class);

    /** How many pages of a lane may be in progress or read and not yet written. This bounds their memory. */
    private static final int MAX_LOADED = 16;

    private final HubLane lane;
    private final HubLog log;
    private final HistoryReader reader;
    private final LogThrottle startFailures;
    private final LogThrottle pageFailures;

    /** All pages, by their place. */
    private final Map<Place, Page> pages = new HashMap<>();

    private final ArrayDeque<Page> toRead = new ArrayDeque<>();
    private final ArrayDeque<Page> available = new ArrayDeque<>();
    /** Pages in progress, and pages that were read and not yet written. */
    private int loaded;

    HistoryPager(HubLane lane, HistoryReader reader) {
        this.lane = lane;
        this.log = lane.log();
        this.reader = reader;
        this.startFailures = new LogThrottle(lane.lane()::nanoTime);
        this.pageFailures = new LogThrottle(lane.lane()::nanoTime);
    }

    /** Sinks at the same position with the same subscriber lists get the same page. */
    @SuppressWarnings("ArrayRecordComponent") // compared by its content, see below
    private record Place(SubscriberList[] lists, long after) {

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Place place && after == place.after && Arrays.equals(lists, place.lists);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(lists) + Long.hashCode(after);
        }
    }

    /** A page, and the sinks that wait for it. */
    static final class Page {
        private final Place place;
        private final long upTo;
        private final int room;
        private final LinkedHashSet<LaneSink> waiting = new LinkedHashSet<>();
        private List<LogEntry> entries = List.of();
        private long end;

        private Page(Place place, long upTo, int room) {
            this.place = place;
            this.upTo = upTo;
            this.room = room;
        }

        /** Takes out one of the sinks that wait. */
        LaneSink nextSink() {
            LaneSink next = waiting.iterator().next();
            waiting.remove(next);
            return next;
        }

        /** Whether the sink has the same position and subscriptions as when it began to wait. */
        boolean serves(LaneSink sink) {
            return sink.position() == place.after
                    && Arrays.equals(sink.requireSelection().lists(), place.lists);
        }

        List<LogEntry> entries() {
            return entries;
        }

        long begin() {
            return place.after;
        }

        /** Up to here the page has everything. It is the {@link #begin} if the next event is lost. */
        long end() {
            return end;
        }
    }

    // ---- pages

    /** Lets the sink wait for the events after its position, up to where its rings begin. It may wait already. */
    void await(LaneSink sink, long upTo, int room) {
        assert lane.isConfined();
        Place place = new Place(sink.requireSelection().lists(), sink.position());
        Page page = pages.get(place);
        if (page == null) {
            page = new Page(place, upTo, room);
            pages.put(place, page);
            toRead.add(page);
        }
        page.waiting.add(sink);
        readNext();
    }

    /** A page that has been read and for which a sink waits, or null. */
    @Nullable
    Page poll() {
        for (Page page = available.peek(); page != null; page = available.peek()) {
            if (!page.waiting.isEmpty()) {
                return page;
            }
            available.remove();
            pages.remove(page.place);
            loaded--;
            readNext();
        }
        return null;
    }

    /** Whether pages have been read and not yet written to all sinks. */
    boolean hasPages() {
        return !available.isEmpty();
    }

    private void readNext() {
        while (loaded < MAX_LOADED && !toRead.isEmpty()) {
            Page page = toRead.remove();
            page.waiting.removeIf(sink -> sink.isGone());
            if (page.waiting.isEmpty()) {
                pages.remove(page.place);
                continue;
            }
            loaded++;
            // Any event that the writer has stored after this position brings the sink forward.
            reader.whenStored(page.place.after + 1, new HistoryReader.Read() {
                @Override
                public void run(PastEvents past, long stored) {
                    Place place = page.place;
                    PastEvents.Page read = past.read(
                            Selection.topics(place.lists, place.after),
                            place.after,
                            Math.min(page.upTo, stored),
                            page.room);
                    onLane(() -> pageRead(page, read.entries(), read.end()));
                }

                @Override
                public void failed(RuntimeException failure) {
                    onLane(() -> pageFailed(page, failure));
                }
            });
        }
    }

    private void pageRead(Page page, List<LogEntry> entries, long end) {
        page.entries = entries;
        page.end = end;
        available.add(page);
        lane.wake();
    }

    private void pageFailed(Page page, RuntimeException failure) {
        // A history that was closed has logged that.
        if (!reader.isClosed() && pageFailures.tryAcquire()) {
            logger.warn(
                    "a page of the history could not be read: {} clients are disconnected{}",
                    page.waiting.size(),
                    pageFailures.suppressedSuffix(),
                    failure);
        }
        pages.remove(page.place);
        loaded--;
        List.copyOf(page.waiting).forEach(sink -> sink.close(CloseReason.RESET));
        readNext();
    }

    // ---- the position at which a subscription begins

    /** Asks the history where the first subscription of the sink begins. The sink has no position until the answer. */
    void ask(LaneSink sink, StartQuery query) {
        assert lane.isConfined();
        LaneSubscription subscription = sink.requireSelection().first();
        SubscriberList[] lists = subscription.ownLists();
        long head = log.head();
        reader.whenStored(head, new HistoryReader.Read() {
            @Override
            public void run(PastEvents past, long stored) {
                long evictions = log.locked(() -> log.bounds().evictions());
                long position = query.ask(past, Selection.topics(lists, -1), head);
                onLane(() -> beginGuarded(sink, subscription, query, position, evictions));
            }

            @Override
            public void failed(RuntimeException failure) {
                onLane(() -> {
                    if (!reader.isClosed() && startFailures.tryAcquire()) {
                        logger.warn(
                                "[{}] the history could not be asked for the start position{}",
                                sink.id(),
                                startFailures.suppressedSuffix(),
                                failure);
                    }
                    sink.close(CloseReason.RESET);
                });
            }
        });
    }

    private void beginGuarded(LaneSink sink, LaneSubscription asked, StartQuery query, long answer, long evictions) {
        if (sink.isGone() || sink.selection() == null || !sink.isAwaitingStart()) {
            return;
        }
        try {
            begin(sink, asked, query, answer, evictions);
        } catch (RuntimeException | Error e) {
            lane.failed(sink, e); // nothing else would serve the sink
        }
    }

    /** @param evictions how many there were when the history was asked: later evictions make a gap of their own */
    private void begin(LaneSink sink, LaneSubscription asked, StartQuery query, long answer, long evictions) {
        long[] reported = {evictions};
        OverflowPolicy policy = log.locked(() -> {
            OverflowPolicy met = sink.selection() == asked ? query.overflowPolicy(asked) : null;
            if (met != null) {
                reported[0] = log.bounds().evictions(); // at the same moment as the gap
            }
            return met;
        });
        long position = policy == OverflowPolicy.LATEST ? log.head() : answer;
        sink.startAt(position, reported[0]);
        String id = lane.sequencer().idOf(position);
        Gap gap = policy == null ? null : new Gap(Gap.Reason.EVICTED, null, id);
        if (!sink.options().isBare()) {
            Event block = gap == null ? Event.builder().id(id).build() : gap.toEvent();
            GapNotice.send(lane, sink, block, position, gap);
        } else if (gap == null) {
            FirstBlock.writeBare(lane, sink, position);
        } else {
            GapNotice.endBare(lane, sink, gap);
        }
        if (sink.isGone()) {
            return;
        }
        lane.catchUp.add(sink);
        lane.wake();
    }

    private void onLane(Runnable work) {
        try {
            lane.lane().execute(work);
        } catch (RejectedExecutionException e) {
            // The lane has ended, and its sinks with it.
            Objects.requireNonNull(e);
        }
    }
}
