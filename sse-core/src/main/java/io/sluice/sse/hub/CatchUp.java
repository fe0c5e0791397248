package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.wire.EventEncoder;
import java.util.ArrayDeque;
import java.util.Arrays;
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
    private final @Nullable PagedReads pages;
    private final ArrayDeque<LaneSink> ready = new ArrayDeque<>();
    private final ArrayDeque<LaneSink> nextTurn = new ArrayDeque<>();
    /**
     * Those that get no more until they have taken what they were given, since too much is on its way to all. A set, so
     * that one of them can be called back; who is in it is a question asked only of those that are queued.
     */
    private final LinkedHashSet<LaneSink> parked = new LinkedHashSet<>();

    private final Entries entries = new Entries();

    // Clients that were cut together come back together: the last ranges are kept while the lane stands where it stood.
    private final @Nullable Range[] recent = new @Nullable Range[8];
    private int oldestRange;

    /** A range as it was framed for one sink, for others with the same selection and position. */
    private record Range(Audience[] audiences, long after, long lanePosition, long end, Frame frame) {
        boolean serves(LaneSink sink, long position) {
            return after == sink.position
                    && lanePosition == position
                    && Arrays.equals(audiences, sink.listensBy().audiences);
        }
    }

    /** @param pages where those wait that stand below a ring; null in a hub without a history */
    CatchUp(HubLane lane, @Nullable PagedReads pages) {
        this.lane = lane;
        this.pages = pages;
    }

    /** Puts the sink into the queue, once. Who is parked is called back: something about it has changed. */
    void add(LaneSink sink) {
        if (sink.gone) {
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

    /** @return whether all pages that have come are written; false means that the time was up */
    private boolean runPages(PagedReads come, long deadlineNanos) {
        for (PagedReads.Page page = come.poll(); page != null; page = come.poll()) {
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

    private Served serveContained(LaneSink sink, PagedReads.@Nullable Page page) {
        try {
            return serve(sink, page);
        } catch (RuntimeException | Error e) {
            entries.clear();
            lane.failed(sink, e);
            return Served.DONE;
        }
    }

    /** Whether a sink waits that can take more of what was published up to {@code head}. */
    boolean owes(long head) {
        for (LaneSink sink : ready) {
            boolean waits = (sink.behind && sink.position < head) || sink.hasDirectSends();
            if (waits && sink.opened && !sink.gone && sink.canWrite()) {
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
    private Served serve(LaneSink sink, PagedReads.@Nullable Page read) {
        if (sink.gone || !sink.isOpen() || !sink.opened || !writeDirectSends(sink, false) || !sink.behind) {
            return Served.DONE;
        }
        if (sink.isAwaitingStart()) {
            return Served.DONE; // the history says where it begins
        }
        if (sink.position > lane.position) {
            return Served.NEXT_TURN;
        }
        if (sink.position == lane.position) {
            return joined(sink);
        }
        if (!sink.canWrite()) {
            return Served.DONE; // the transport says when it can again
        }
        Range known = find(sink);
        if (known != null && !isLapped(sink)) {
            return write(sink, known.frame, known.end);
        }
        boolean scarce = isScarce();
        if (scarce && sink.pendingBytes() > 0) {
            return lane.hasMoved(sink) ? Served.NEXT_TURN : Served.PARKED;
        }
        int room = scarce ? HubBuilder.SMALL_FRAME_BYTES : HubBuilder.FRAME_BYTES;
        PagedReads.Page page = read != null && read.serves(sink) ? read : null;
        if (page == null && awaitsPage(sink, room)) {
            return Served.DONE;
        }
        long end = page == null ? collect(sink, room) : turn(page);
        // Behind the copy: whoever was lapped while we read is lapped.
        if (isLapped(sink)) {
            entries.clear();
            overflow(sink);
            return Served.MORE;
        }
        if (page == null && isBelowRing(sink)) {
            entries.clear(); // a ring has moved on while we read
            return Served.MORE;
        }
        if (entries.isEmpty()) {
            if (page != null && end < lane.position) {
                sink.position = end;
                return Served.MORE;
            }
            return joined(sink);
        }
        Frame frame = lane.frames.range(entries, 0, entries.size());
        entries.clear();
        remember(new Range(sink.listensBy().audiences, sink.position, lane.position, end, frame));
        return write(sink, frame, end);
    }

    // ---- what only the history has

    private boolean isBelowRing(LaneSink sink) {
        return pages != null && Missed.inHistory(sink.listensBy(), sink.position) > 0;
    }

    /** Lets the sink wait for a page, if it stands below a ring; unless it has missed something, which goes first. */
    private boolean awaitsPage(LaneSink sink, int room) {
        if (pages == null || isLapped(sink)) {
            return false;
        }
        long upTo = Missed.inHistory(sink.listensBy(), sink.position);
        if (upTo == 0) {
            return false;
        }
        pages.await(sink, Math.min(upTo, lane.position), room);
        return true;
    }

    /** @return the position up to which the page is whole */
    private long turn(PagedReads.Page page) {
        page.copyTo(entries);
        return page.end();
    }

    /** Whether as much is on its way to clients as may be. */
    private boolean isScarce() {
        long most = lane.hub().catchUpBytes();
        if (lane.framer().heldBytes() <= most) {
            return false;
        }
        lane.framer().sweep(); // what is held is known as of the last one
        return lane.framer().heldBytes() > most;
    }

    private Served write(LaneSink sink, Frame frame, long end) {
        sink.put(frame, lane.nowNanos);
        lane.countDelivered(frame.events);
        sink.flush();
        sink.position = end;
        if (sink.position == lane.position) {
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

    private static Served joined(LaneSink sink) {
        sink.behind = false;
        return Served.DONE;
    }

    /** @return whether all of them are written */
    boolean writeDirectSends(LaneSink sink, boolean evenIfFull) {
        if (!sink.hasDirectSends()) {
            return true;
        }
        DirectSends sends = sink.directSends();
        boolean written = false;
        while (evenIfFull || sink.canWrite()) {
            DirectSends.Send send = sends.poll();
            if (send == null) {
                break;
            }
            try {
                lane.writeOwn(sink, send.wire(), 0);
            } catch (RuntimeException | Error e) {
                send.sent().completeExceptionally(e);
                throw e;
            }
            send.sent().complete(null);
            written = true;
        }
        if (written) {
            sink.flush();
            sends.tellIfWritable();
        }
        return sends.isEmpty();
    }

    // ---- a range of one sink's own

    /**
     * Copies what lies between the sink and its lane, at most a frame.
     *
     * @return the position up to which the copy is whole
     */
    private long collect(LaneSink sink, int room) {
        long limit = lane.position;
        int topics = 0;
        for (Audience audience : sink.listensBy().audiences) {
            if (audience instanceof Audience.OfTopic exact) {
                int before = entries.size();
                limit = copy(exact.here.topic, sink.position, room, limit);
                topics += entries.size() > before ? 1 : 0;
            } else if (audience instanceof Audience.OfPattern byPattern) {
                PatternTopics.Known known = byPattern.topics.known();
                for (int i = 0; i < known.size; i++) {
                    if (known.get(i).log.hasAfter(sink.position)) {
                        limit = copy(known.get(i), sink.position, room, limit);
                        topics++;
                    }
                }
            }
        }
        if (topics > 1) {
            entries.sortByPosition();
            entries.dropRepeats();
        }
        return cut(room, limit);
    }

    /** Nothing above the limit is copied: another topic has more below it than the frame has room for. */
    private long copy(Topic topic, long after, int room, long limit) {
        if (topic.log.copy(after, limit, room, entries) == TopicLog.Copied.UP_TO_ROOM) {
            return Math.min(limit, entries.get(entries.size() - 1).position);
        }
        return limit;
    }

    /** Leaves what fits into a frame and lies at or below the limit. */
    private long cut(int mostBytes, long limit) {
        int room = mostBytes;
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            if (entry.position > limit || (i > 0 && entry.wire.length > room)) {
                long end = entries.get(i - 1).position;
                entries.truncate(i);
                return end;
            }
            room -= entry.wire.length;
        }
        return limit;
    }

    private @Nullable Range find(LaneSink sink) {
        for (Range range : recent) {
            if (range != null && range.serves(sink, lane.position)) {
                return range;
            }
        }
        return null;
    }

    private void remember(Range range) {
        forget(recent[oldestRange]);
        recent[oldestRange] = range;
        oldestRange = (oldestRange + 1) % recent.length;
    }

    /** Lets the recent ranges go; without this the last replay's buffers would stay until the next one. */
    void forgetRanges() {
        for (int i = 0; i < recent.length; i++) {
            forget(recent[i]);
            recent[i] = null;
        }
    }

    private void forget(@Nullable Range range) {
        if (range != null) {
            lane.framer().done(range.frame);
        }
    }

    // ---- overflow

    private static boolean isLapped(LaneSink sink) {
        return Missed.isGap(sink.listensBy(), sink.position, sink.toldEvictions);
    }

    /** The history has passed the sink by. The one place where that is decided. */
    private void overflow(LaneSink sink) {
        Subscription subscription = sink.listensBy();
        Hub hub = lane.hub();
        HubLog log = hub.log();
        String before = hub.sequencer().idOf(sink.position);
        OverflowPolicy policy = log.locked(() -> {
            OverflowPolicy met = Missed.overflow(hub, subscription, sink.position, sink.toldEvictions);
            if (met != OverflowPolicy.DISCONNECT) {
                // Up to the head, not to the lane's position: what was evicted in between is missed as well.
                sink.position = met == OverflowPolicy.LATEST
                        ? log.head()
                        : Missed.beforeOldestKept(subscription, sink.position, log.head());
                sink.toldEvictions = log.bounds.evictions();
            }
            return met;
        });
        if (policy == OverflowPolicy.DISCONNECT) {
            sink.close(CloseReason.SLOW_CONSUMER);
            return;
        }
        Gap gap = new Gap(Gap.Why.EVICTED, before, hub.sequencer().idOf(sink.position));
        Event event = gap.toEvent();
        lane.writeOwn(sink, EventEncoder.encode(event), sink.position);
        sink.flush();
        hub.counters().gap(sink, gap);
    }
}
