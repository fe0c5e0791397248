package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Serves the sinks of a lane that are behind, one frame each in turn, up to the lane's position, where they join those
 * that have caught up. Catching up after a stall, replay after a reconnect and the first events of a new client are all
 * this. Runs between passes only, so the lane's position stands still here. Confined to its lane.
 */
final class CatchUp {

    private enum Served {
        DONE,
        MORE,
        /** To be looked at again when the lane has done its I/O, or a pass has come by. */
        NEXT_TURN,
        /** It takes nothing of what it was given, and there is no room for more. */
        PARKED
    }

    private final HubLane lane;
    private final @Nullable HistoryPager pages;
    private final ArrayDeque<LaneSink> ready = new ArrayDeque<>();
    private final ArrayDeque<LaneSink> nextTurn = new ArrayDeque<>();
    /**
     * Those that get no more until they have taken what they were given, since too much is on its way to all. A set, so
     * that one of them can be called back; who is in it is a question asked only of those that are queued.
     */
    private final LinkedHashSet<LaneSink> parked = new LinkedHashSet<>();

    /** Whether the last run has met somebody who stands where the lane comes with its next pass. */
    private boolean metOneAhead;

    private final CatchUpRange own;
    private final RecentRanges ranges;

    /** @param pages where those wait that stand below a ring; null in a hub without a history */
    CatchUp(HubLane lane, @Nullable HistoryPager pages) {
        this.lane = lane;
        this.own = new CatchUpRange(lane);
        this.ranges = new RecentRanges(lane);
        this.pages = pages;
    }

    /** Puts the sink into the queue, once. Who is parked is called back: something about it has changed. */
    void add(LaneSink sink) {
        if (sink.isGone()) {
            return;
        }
        if (!sink.queued) {
            sink.queued = true;
            ready.add(sink);
        } else if (!parked.isEmpty() && parked.remove(sink)) {
            ready.add(sink);
        }
    }

    /**
     * Serves those in the queue until the time is up.
     *
     * @return whether some still wait
     */
    boolean run(long deadlineNanos) {
        metOneAhead = false;
        if (pages == null || runPages(pages, deadlineNanos)) {
            for (LaneSink sink = ready.poll(); sink != null; sink = ready.poll()) {
                sink.queued = false;
                queueAgain(sink, serveContained(sink, null));
                if (lane.lane().nanoTime() - deadlineNanos >= 0) {
                    break;
                }
            }
        }
        ready.addAll(nextTurn);
        nextTurn.clear();
        return !ready.isEmpty() || (pages != null && !pages.isEmpty());
    }

    /** Whether the last {@link #run} has met somebody who waits for the next pass, and for nothing else. */
    boolean metSinkAheadOfLane() {
        return metOneAhead;
    }

    /** @return whether all pages that have come are written; false means that the time was up */
    private boolean runPages(HistoryPager come, long deadlineNanos) {
        for (HistoryPager.Page page = come.poll(); page != null; page = come.poll()) {
            LaneSink sink = page.next();
            queueAgain(sink, serveContained(sink, page));
            if (lane.lane().nanoTime() - deadlineNanos >= 0) {
                return false;
            }
        }
        return true;
    }

    private void queueAgain(LaneSink sink, Served served) {
        if (served == Served.MORE) {
            add(sink);
        } else if (served != Served.DONE && !sink.queued) {
            sink.queued = true;
            if (served == Served.PARKED) {
                parked.add(sink);
            } else {
                nextTurn.add(sink);
            }
        }
    }

    /** Those that are parked are looked at again: nobody says that a client has taken what little it was given. */
    void retryParked() {
        if (!parked.isEmpty()) {
            ready.addAll(parked);
            parked.clear();
            lane.wake();
        }
    }

    private Served serveContained(LaneSink sink, HistoryPager.@Nullable Page page) {
        try {
            return serve(sink, page);
        } catch (RuntimeException | Error e) {
            own.clear();
            lane.failed(sink, e);
            return Served.DONE;
        }
    }

    /** Whether a sink waits that can take more of what was published up to {@code head}. */
    boolean hasPending(long head) {
        for (LaneSink sink : ready) {
            boolean waits = (sink.isBehind() && sink.position() < head) || sink.hasDirectSends();
            if (waits && sink.isOpened() && !sink.isGone() && sink.canWrite()) {
                return true;
            }
        }
        return callBackWhoCanTakeMore();
    }

    /** Each of them gets a frame when it is served, or there is nothing more for it: so to ask again comes to an end. */
    private boolean callBackWhoCanTakeMore() {
        if (parked.isEmpty()) {
            return false;
        }
        boolean scarce = isScarce();
        return parked.removeIf(sink -> {
            boolean canTake = !scarce || sink.pendingBytes() == 0;
            if (canTake) {
                ready.add(sink);
            }
            return canTake;
        });
    }

    /** @param read what the history has for the sink, if it asked for that */
    private Served serve(LaneSink sink, HistoryPager.@Nullable Page read) {
        if (sink.isGone() || !sink.isOpen() || !sink.isOpened() || !writeDirectSends(sink, false) || !sink.isBehind()) {
            return Served.DONE;
        }
        if (sink.selection() == null) {
            return Served.DONE; // as behind any flush: those direct sends have ended it
        }
        if (sink.isAwaitingStart()) {
            return Served.DONE; // the history says where it begins
        }
        if (sink.position() > lane.position) {
            metOneAhead = true;
            return Served.NEXT_TURN;
        }
        if (sink.position() == lane.position) {
            return joined(sink);
        }
        if (!sink.canWrite()) {
            return Served.DONE; // the transport says when it can again
        }
        RecentRanges.Range known = ranges.find(sink);
        if (known != null && !Overflow.isLapped(sink)) {
            return write(sink, known.frame, known.end);
        }
        boolean scarce = isScarce();
        if (scarce && sink.pendingBytes() > 0) {
            return lane.hasMoved(sink) ? Served.NEXT_TURN : Served.PARKED;
        }
        int room = scarce ? HubLane.SMALL_FRAME_BYTES : HubLane.FRAME_BYTES;
        HistoryPager.Page page = read != null && read.serves(sink) ? read : null;
        if (page == null && awaitsPage(sink, room)) {
            return Served.DONE;
        }
        long end = page == null ? own.collect(sink, room) : own.take(page, sink);
        // Behind the copy: whoever was lapped while we read is lapped.
        if (Overflow.isLapped(sink)) {
            own.clear();
            Overflow.carryOut(lane, sink);
            return Served.MORE;
        }
        if (page == null && isBelowRing(sink)) {
            own.clear(); // a ring has moved on while we read
            return Served.MORE;
        }
        if (own.entries().isEmpty() && (page == null || end == lane.position)) {
            return joined(sink);
        }
        return frameAndWrite(sink, end, room);
    }

    private Served frameAndWrite(LaneSink sink, long wholeUpTo, int room) {
        // As the range was collected: a filter may let its client listen to more or to less.
        boolean sharing = RecentRanges.isSharing(sink);
        Selection selection = sink.requireSelection();
        Entries written = own.entries();
        RecentRanges.Range range = new RecentRanges.Range(sink, lane.position, written);
        range.end = wholeUpTo;
        if (sink.hasView() || written.hasRecipients()) {
            range.end = own.collectDue(sink, room, wholeUpTo);
            written = own.due();
        }
        if (sink.selection() != selection) { // a filter has seen to that
            own.clear();
            return sink.selection() == null ? Served.DONE : Served.MORE; // by what it still listens to
        }
        range.frame = written.isEmpty() ? null : lane.frames.range(written, 0, written.size());
        own.clear();
        if (sharing) {
            ranges.remember(range);
            return write(sink, range.frame, range.end);
        }
        try {
            return write(sink, range.frame, range.end);
        } finally {
            if (range.frame != null) {
                lane.framer().done(range.frame);
            }
        }
    }

    // ---- what only the history has

    private boolean isBelowRing(LaneSink sink) {
        return pages != null && sink.requireSelection().historyUpTo(sink.position()) > 0;
    }

    /** Lets the sink wait for a page, if it stands below a ring; unless it has missed something, which goes first. */
    private boolean awaitsPage(LaneSink sink, int room) {
        if (pages == null || Overflow.isLapped(sink)) {
            return false;
        }
        long upTo = sink.requireSelection().historyUpTo(sink.position());
        if (upTo == 0) {
            return false;
        }
        pages.await(sink, Math.min(upTo, lane.position), room);
        return true;
    }

    /** Whether as much is on its way to clients as may be. */
    private boolean isScarce() {
        long most = lane.core().options().catchUpBytes();
        if (lane.framer().heldBytes() <= most) {
            return false;
        }
        lane.framer().sweep(); // what is held is known as of the last one
        return lane.framer().heldBytes() > most;
    }

    private Served write(LaneSink sink, @Nullable Frame frame, long end) {
        long before = sink.position();
        if (frame != null) {
            sink.putAndFlush(frame, lane);
        }
        if (sink.selection() == null || sink.position() != before) {
            // The flush has found its client gone, or has woken somebody who ended what it listens to, or began it
            // anew.
            return Served.DONE;
        }
        sink.advance(end);
        if (sink.position() == lane.position) {
            return joined(sink);
        }
        if (!sink.canWrite()) {
            return Served.DONE;
        }
        if (sink.pendingBytes() > 0 && isScarce()) {
            // A transport that writes asynchronously could not take it yet: judged by what moves from here on.
            lane.hasMoved(sink);
            return Served.NEXT_TURN;
        }
        return Served.MORE;
    }

    private Served joined(LaneSink sink) {
        if (!sink.requireSelection().hasBegun(lane.position)) {
            metOneAhead = true;
            sink.advance(lane.position); // the next pass would bring what one of them must not hear
            return Served.NEXT_TURN;
        }
        sink.joinLane();
        return Served.DONE;
    }

    /** @return whether all of them are written */
    boolean writeDirectSends(LaneSink sink, boolean evenIfFull) {
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
                lane.frames.writeOwn(sink, send.wire(), 0);
            } catch (RuntimeException | Error e) {
                send.sent().completeExceptionally(e);
                throw e;
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

    /** As {@link RecentRanges#forgetAll}. */
    void forgetRanges() {
        ranges.forgetAll();
    }
}
