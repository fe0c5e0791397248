package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.CatchUpQueue.Served;
import io.sluice.sse.hub.log.Entries;
import org.jspecify.annotations.Nullable;

/**
 * Serves the sinks of a lane that are behind, up to the lane's position, where they join the sinks that have caught up.
 * Each sink gets one frame in turn. Catching up after a stall, replay after a reconnect and the first events of a new
 * client are all done here. It runs between passes only, so the lane's position does not move meanwhile.
 *
 * <p>For each sink there are three steps: may it be served ({@link #serve}), from where ({@link #serveNextRange},
 * {@link #serveOwnRange}), and the write ({@link #frameAndWrite}). Confined to the lane.
 */
final class CatchUp {

    private final HubLane lane;
    private final LaneFrames frames;
    private final @Nullable HistoryPager pages;
    private final CatchUpQueue queue = new CatchUpQueue();
    private final CatchUpBudget budget;

    private boolean metSinkAheadOfLane;
    /** The position of the lane when it last called back the sinks that are ahead of the hub. */
    private long aheadOf;

    private final CatchUpRange ownRange = new CatchUpRange();
    private final RecentRanges recentRanges;

    /** @param pages where sinks below a ring wait for the history; null in a hub without a history */
    CatchUp(HubLane lane, @Nullable HistoryPager pages) {
        this.lane = lane;
        this.frames = lane.frames;
        this.recentRanges = new RecentRanges(frames);
        this.pages = pages;
        this.budget =
                new CatchUpBudget(frames, recentRanges, lane.core().options().catchUpBytes());
    }

    // ---- the queue

    /** As {@link CatchUpQueue#add}. */
    void add(LaneSink sink) {
        assert lane.isConfined();
        queue.add(sink);
    }

    /**
     * Serves the sinks in the queue until the time is up.
     *
     * @return whether some sinks still wait
     */
    boolean run(long deadlineNanos) {
        assert lane.isConfined();
        metSinkAheadOfLane = false;
        if (lane.position != aheadOf) {
            queue.recallAhead();
            aheadOf = lane.position;
        }
        if (queue.hasTooLarge() && budget.isHalfLeft()) {
            queue.recallFirstTooLarge(); // clients have read; the lane's tick recalls all
        }
        if (pages == null || servePages(pages, deadlineNanos)) {
            for (LaneSink sink = queue.poll(); sink != null; sink = queue.poll()) {
                queue.requeue(sink, serveGuarded(sink, null));
                if (isTimeUp(deadlineNanos)) {
                    break;
                }
            }
        }
        return queue.endTurn() || (pages != null && pages.hasPages());
    }

    /** Whether the last {@link #run} met a sink that needs the next pass and nothing else. */
    boolean metSinkAheadOfLane() {
        return metSinkAheadOfLane;
    }

    /** @return whether all pages that were read are written; false means that the time was up */
    private boolean servePages(HistoryPager available, long deadlineNanos) {
        for (HistoryPager.Page page = available.poll(); page != null; page = available.poll()) {
            LaneSink sink = page.nextSink();
            queue.requeue(sink, serveGuarded(sink, page));
            if (isTimeUp(deadlineNanos)) {
                return false;
            }
        }
        return true;
    }

    private boolean isTimeUp(long deadlineNanos) {
        return lane.lane().nanoTime() - deadlineNanos >= 0;
    }

    /** Puts all parked sinks back into the queue: the transport does not report that a client took a small frame. */
    void retryParked() {
        assert lane.isConfined();
        if (queue.recallAll()) {
            lane.wake();
        }
    }

    /** Whether a sink in the queue can take more of what was published up to {@code head}. */
    boolean hasPending(long head) {
        assert lane.isConfined();
        return queue.anyReady(sink -> hasPending(sink, head)) || recallParked();
    }

    private static boolean hasPending(LaneSink sink, long head) {
        boolean waits = (sink.isBehind() && sink.position() < head) || sink.hasDirectSends();
        return waits && sink.isOpened() && !sink.isGone() && sink.canWrite();
    }

    /**
     * Puts the parked sinks that can take a frame back into the queue. When such a sink is served, it gets a frame, or
     * nothing is left for it. So a caller that repeats this comes to an end.
     */
    private boolean recallParked() {
        if (!queue.hasParked()) {
            return false;
        }
        boolean scarce = budget.isUsedUp();
        return queue.recallParked(sink -> !scarce || sink.pendingBytes() == 0);
    }

    // ---- may the sink be served

    /** A failure ends this sink only. */
    private Served serveGuarded(LaneSink sink, HistoryPager.@Nullable Page read) {
        try {
            return serve(sink, read);
        } catch (RuntimeException | Error e) {
            ownRange.clear();
            lane.failed(sink, e);
            return Served.DONE;
        }
    }

    /** @param read a page that the history has read for the sink, or null */
    private Served serve(LaneSink sink, HistoryPager.@Nullable Page read) {
        if (!mayGetEvents(sink)) {
            return Served.DONE;
        }
        if (sink.position() > lane.log().head()) {
            return Served.AHEAD;
        }
        if (sink.position() > lane.position) {
            metSinkAheadOfLane = true;
            return Served.NEXT_TURN;
        }
        if (sink.position() == lane.position) {
            return joinLane(sink);
        }
        if (!sink.canWrite()) {
            return Served.DONE; // the transport reports when the sink is writable
        }
        return serveNextRange(sink, read);
    }

    /** Writes the direct sends of the sink, which go first, and returns whether events of its topics may follow. */
    private boolean mayGetEvents(LaneSink sink) {
        return !sink.isGone()
                && sink.isOpen()
                && sink.isOpened()
                && writeDirectSends(sink, false)
                && sink.isBehind()
                && sink.selection() != null // the flush of the direct sends may have ended the subscriptions
                && !sink.isAwaitingStart(); // the history answers later, and queues the sink
    }

    // ---- from where

    private Served serveNextRange(LaneSink sink, HistoryPager.@Nullable Page read) {
        UpcomingEvents upcoming = ownRange.upcoming(sink);
        long limit = limitOf(sink);
        RecentRanges.Range shared = limit < lane.position ? null : recentRanges.find(sink, lane.position);
        if (shared != null && (upcoming != null || !Overflow.isLapped(sink))) {
            return write(sink, shared.frame, shared.end);
        }
        boolean scarce = budget.isUsedUp();
        if (scarce && sink.pendingBytes() > 0) {
            return lane.hasMoved(sink) ? Served.NEXT_TURN : Served.PARKED;
        }
        int room = scarce ? HubLane.SMALL_FRAME_BYTES : HubLane.FRAME_BYTES;
        if (upcoming != null && read == null && limit >= lane.position) {
            return serveUpcoming(sink, upcoming, room);
        }
        HistoryPager.Page page = read != null && read.serves(sink) ? read : null;
        if (page == null && awaitsPage(sink, room, limit)) {
            return Served.DONE; // the page queues the sink
        }
        return serveOwnRange(sink, page, room);
    }

    /** Serves events that were found before. Nothing that they leave out is lost, so no topic is looked at for gaps. */
    private Served serveUpcoming(LaneSink sink, UpcomingEvents upcoming, int room) {
        long end = ownRange.take(upcoming, sink, room);
        if (end < 0) {
            ownRange.release(upcoming);
            return Served.MORE;
        }
        return frameAndWrite(sink, end, room);
    }

    /** @param page a page of the history, or null for a range of the rings */
    private Served serveOwnRange(LaneSink sink, HistoryPager.@Nullable Page page, int room) {
        long limit = Math.min(lane.position, limitOf(sink));
        if (limit == sink.position()) {
            Overflow.reportLoss(lane, sink);
            return Served.MORE;
        }
        long end = page == null ? ownRange.collect(sink, room, limit) : ownRange.take(page, sink);
        // A ring may have evicted events during the copy, and they may be trimmed by now. So a gap is looked for last.
        boolean isBelowRing = page == null && isBelowRing(sink);
        if (Overflow.isLapped(sink)) {
            ownRange.clear();
            Overflow.carryOut(lane, sink, page == null || page.end() > page.begin());
            return Served.MORE;
        }
        if (isBelowRing || end == sink.position()) {
            ownRange.clear(); // a ring has evicted events during the copy, or the page has found a hole only
            return Served.MORE;
        }
        if (ownRange.entries().isEmpty() && end == lane.position) {
            return joinLane(sink);
        }
        ownRange.keepFound();
        return frameAndWrite(sink, end, room);
    }

    /**
     * Up to where the sink can be sent events at once. A loss is a gap of its own. Below the position up to which a
     * backplane was trimmed, only the rings have events.
     */
    private long limitOf(LaneSink sink) {
        long position = sink.position();
        long trimmed = lane.log().trimmedPosition();
        long limit = lane.log().limitBeforeLoss(position);
        long hole = lane.log().limitBeforeHole(position);
        if (hole < limit && sink.requireSelection().historyUpTo(position) > hole) {
            limit = hole; // otherwise memory has all events of its topics from there on
        }
        return position < trimmed ? Math.min(limit, trimmed) : limit;
    }

    private boolean isBelowRing(LaneSink sink) {
        return pages != null
                && sink.position() >= lane.log().trimmedPosition()
                && sink.requireSelection().historyUpTo(sink.position()) > 0;
    }

    /**
     * Lets a sink below a ring wait for a page. A sink that has lost events does not wait: its gap comes first.
     *
     * @param limit up to where the sink can be sent events before its next gap
     */
    private boolean awaitsPage(LaneSink sink, int room, long limit) {
        if (pages == null || limit == sink.position() || !isBelowRing(sink) || Overflow.isLapped(sink)) {
            return false;
        }
        long upTo = sink.requireSelection().historyUpTo(sink.position());
        if (upTo == 0) {
            return false;
        }
        pages.await(sink, Math.min(Math.min(upTo, lane.position), limit), room);
        return true;
    }

    // ---- the write

    private Served frameAndWrite(LaneSink sink, long completeUpTo, int room) {
        // Decided before filters run: a filter may change the subscriptions of its client.
        boolean sharing = RecentRanges.isSharing(sink);
        Selection selection = sink.requireSelection();
        Entries written = ownRange.entries();
        RecentRanges.Range range = new RecentRanges.Range(sink, lane.position, written);
        range.end = completeUpTo;
        if (sink.hasView() || written.hasRecipients()) {
            range.end = ownRange.collectDue(sink, room, completeUpTo);
            written = ownRange.due();
        }
        if (sink.selection() != selection) { // a filter has changed or ended the subscriptions
            ownRange.clear();
            return sink.selection() == null ? Served.DONE : Served.MORE;
        }
        if (!budget.hasRoomFor(written, room)) {
            ownRange.clear();
            return Served.TOO_LARGE;
        }
        range.frame = written.isEmpty() ? null : frames.range(written, 0, written.size());
        ownRange.clear();
        if (sharing) {
            recentRanges.remember(range);
            return write(sink, range.frame, range.end);
        }
        try {
            return write(sink, range.frame, range.end);
        } finally {
            if (range.frame != null) {
                frames.release(range.frame);
            }
        }
    }

    private Served write(LaneSink sink, @Nullable Frame frame, long end) {
        long before = sink.position();
        if (frame != null) {
            sink.putAndFlush(frame, lane);
        }
        if (sink.selection() == null || sink.position() != before) {
            // The flush found the client gone, or woke a listener that ended the subscriptions or began new ones.
            return Served.DONE;
        }
        sink.advance(end);
        if (sink.position() == lane.position) {
            return joinLane(sink);
        }
        if (!sink.canWrite()) {
            return Served.DONE;
        }
        if (sink.pendingBytes() > 0 && budget.isUsedUp()) {
            // A transport that writes asynchronously has not sent the frame yet. Progress counts from here on.
            lane.hasMoved(sink);
            return Served.NEXT_TURN;
        }
        return Served.MORE;
    }

    private Served joinLane(LaneSink sink) {
        if (lane.subscriptions.isIncomplete(sink.requireSelection())) {
            return Served.DONE; // passes would miss some of its topics; the last slice queues the sink
        }
        if (!sink.requireSelection().hasBegun(lane.position)) {
            metSinkAheadOfLane = true;
            sink.advance(lane.position); // the next pass has events that one of the subscriptions must not receive
            return Served.NEXT_TURN;
        }
        if (sink.isOfTopicEndedBy(lane.position)) {
            sink.complete(CloseReason.TOPIC_ENDED);
            return Served.DONE;
        }
        sink.joinLane();
        return Served.DONE;
    }

    /**
     * Writes what was sent to the sink directly.
     *
     * @param evenIfFull whether to write although the connection takes no more, because the stream ends
     * @return whether all direct sends are written
     */
    boolean writeDirectSends(LaneSink sink, boolean evenIfFull) {
        assert lane.isConfined();
        if (!sink.hasDirectSends()) {
            return true;
        }
        DirectSendQueue sends = sink.directSends();
        boolean written = false;
        while (evenIfFull || sink.canWrite()) {
            DirectSendQueue.Send send = sends.poll();
            if (send == null) {
                break;
            }
            try {
                frames.writeBlock(sink, send.wire(), 0, lane);
            } catch (RuntimeException | Error e) {
                send.sent().completeExceptionally(e);
                throw e;
            }
            if (send.isGap()) {
                lane.core().counters().addGap(sink, DirectSendQueue.GAP);
            }
            send.sent().complete(null);
            written = true;
        }
        if (written) {
            sink.flush();
            sends.notifyIfWritable();
        }
        return sends.isEmpty();
    }

    /** As {@link Entries#added}, of the events that were copied from rings. */
    long copiedEntries() {
        return ownRange.copied();
    }

    /** As {@link CatchUpRange#searched}. */
    long searchedTopics() {
        return ownRange.searched();
    }

    /** As {@link RecentRanges#releaseAll}. */
    void releaseRecentRanges() {
        ownRange.releaseUpcoming();
        recentRanges.releaseAll();
    }
}
