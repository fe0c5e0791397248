package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.history.History;
import io.sluice.sse.history.HistoryPage;
import io.sluice.sse.history.StoredEvent;
import io.sluice.sse.hub.log.HistoryReader;
import io.sluice.sse.hub.log.HubHistory;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.RecipientCodec;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Recipients;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
 * The sinks of a lane that stand below a ring and wait for a page of the history. A page is read once for all who wait at
 * the same place; when it has come, {@link CatchUp} writes it as it writes a range of the ring, and the sink goes on from
 * there. A sink that waits costs a place in a set, is served what is sent to it directly, and is simply not there any more
 * if it closes.
 *
 * <p>Confined to its lane, but for what the history's reader does.
 */
final class HistoryPager {

    private static final Logger logger = LoggerFactory.getLogger(HistoryPager.class);

    /** Pages of a lane that are being read, or have come and not been written: what bounds their memory. */
    private static final int AT_ONCE = 16;

    private final HubLane lane;
    private final HistoryReader reads;

    /** All that are asked for or have come, by their place. */
    private final Map<Place, Page> pages = new HashMap<>();

    private final ArrayDeque<Page> toRead = new ArrayDeque<>();
    private final ArrayDeque<Page> come = new ArrayDeque<>();
    private int underWay;

    HistoryPager(HubLane lane, HistoryReader reads) {
        this.lane = lane;
        this.reads = reads;
    }

    /** Who stands where, and listens to what, gets the same page. */
    @SuppressWarnings("ArrayRecordComponent") // compared by what it holds, see below
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

    /** A page on its way to those who wait for it. */
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

        /** One of those who wait for it. */
        LaneSink next() {
            LaneSink next = waiting.iterator().next();
            waiting.remove(next);
            return next;
        }

        /** Whether the sink still stands where it stood when it asked, and listens to the same. */
        boolean serves(LaneSink sink) {
            return sink.position() == place.after
                    && Arrays.equals(sink.requireSelection().lists(), place.lists);
        }

        List<LogEntry> entries() {
            return entries;
        }

        long end() {
            return end;
        }
    }

    /** The sink waits for what comes next for it, up to where its rings begin. It may wait already. */
    void await(LaneSink sink, long upTo, int room) {
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

    /** A page that has come, with somebody who waits for it; null if there is none. */
    @Nullable
    Page poll() {
        for (Page page = come.peek(); page != null; page = come.peek()) {
            if (!page.waiting.isEmpty()) {
                return page;
            }
            come.remove();
            pages.remove(page.place);
            underWay--;
            readNext();
        }
        return null;
    }

    boolean isEmpty() {
        return come.isEmpty();
    }

    private void readNext() {
        while (underWay < AT_ONCE && !toRead.isEmpty()) {
            Page page = toRead.remove();
            page.waiting.removeIf(sink -> sink.isGone());
            if (page.waiting.isEmpty()) {
                pages.remove(page.place);
                continue;
            }
            underWay++;
            // Whatever the writer has put there behind this position is a step forward.
            reads.whenStored(page.place.after + 1, new HistoryReader.Read() {
                @Override
                public void run(History history, long stored) {
                    Place place = page.place;
                    HistoryPage read = history.read(
                            Selection.topicNames(place.lists, place.after),
                            place.after,
                            Math.min(page.upTo, stored),
                            page.room);
                    List<LogEntry> entries = new ArrayList<>(read.events().size());
                    read.events().forEach(event -> entries.add(entry(event)));
                    onLane(() -> come(page, entries, read.end()));
                }

                @Override
                public void failed(RuntimeException why) {
                    onLane(() -> failedPage(page, why));
                }
            });
        }
    }

    private LogEntry entry(StoredEvent event) {
        HubHistory history = Objects.requireNonNull(lane.log().history());
        Recipients recipients = RecipientCodec.fromStored(event.recipients(), event.position() > history.head());
        String publisherId = event.publisherId();
        if (recipients != null) {
            return new LogEntry.Routed(
                    event.position(), 0, event.topic(), event.wire(), publisherId, null, recipients, null);
        }
        return publisherId == null
                ? new LogEntry(event.position(), 0, event.topic(), event.wire())
                : new LogEntry.WithPublisherId(event.position(), 0, event.topic(), event.wire(), publisherId);
    }

    private void come(Page page, List<LogEntry> entries, long end) {
        page.entries = entries;
        page.end = end;
        come.add(page);
        lane.wake();
    }

    private void failedPage(Page page, RuntimeException why) {
        if (!reads.isClosed()) { // which has been said
            logger.warn("a page of the history could not be read: {} clients are cut", page.waiting.size(), why);
        }
        pages.remove(page.place);
        underWay--;
        List.copyOf(page.waiting).forEach(sink -> sink.close(CloseReason.RESET));
        readNext();
    }

    // ---- the position at which a subscription begins

    /** The sink stands nowhere until the history has answered. */
    void ask(LaneSink sink, StartQuery question) {
        LaneSubscription subscription = sink.requireSelection().first();
        SubscriberList[] lists = subscription.ownLists();
        HubLog log = lane.log();
        long head = log.head();
        reads.whenStored(head, new HistoryReader.Read() {
            @Override
            public void run(History history, long stored) {
                long evictions = log.locked(() -> log.bounds().evictions());
                long position = question.ask(history, Selection.topicNames(lists, -1), head);
                onLane(() -> beginContained(sink, subscription, question, position, evictions));
            }

            @Override
            public void failed(RuntimeException why) {
                onLane(() -> {
                    if (!reads.isClosed()) {
                        logger.warn("[{}] the history could not be asked where to begin", sink.id(), why);
                    }
                    sink.close(CloseReason.RESET);
                });
            }
        });
    }

    private void beginContained(
            LaneSink sink, LaneSubscription asked, StartQuery question, long answer, long evictions) {
        if (sink.isGone() || sink.selection() == null || !sink.isAwaitingStart()) {
            return;
        }
        try {
            begin(sink, asked, question, answer, evictions);
        } catch (RuntimeException | Error e) {
            lane.failed(sink, e); // it waits for nothing any more
        }
    }

    /** @param evictions how many there were when the question was asked: what goes later makes a gap of its own */
    private void begin(LaneSink sink, LaneSubscription asked, StartQuery question, long answer, long evictions) {
        HubLog log = lane.log();
        long[] reported = {evictions};
        OverflowPolicy policy = log.locked(() -> {
            OverflowPolicy met = sink.selection() == asked ? question.overflow(asked) : null;
            if (met != null) {
                reported[0] = log.bounds().evictions(); // at the same moment as the gap
            }
            return met;
        });
        long position = policy == OverflowPolicy.LATEST ? log.head() : answer;
        sink.startAt(position, reported[0]);
        String id = lane.sequencer().idOf(position);
        Gap gap = policy == null ? null : new Gap(Gap.Reason.EVICTED, null, id);
        Event where = gap == null ? Event.builder().id(id).build() : gap.toEvent();
        GapNotice.send(lane, sink, where, position, gap);
        lane.catchUp.add(sink);
        lane.wake();
    }

    private void onLane(Runnable work) {
        try {
            lane.lane().execute(work);
        } catch (RejectedExecutionException e) {
            // The lane has ended, and with it those who wait.
            Objects.requireNonNull(e);
        }
    }
}
