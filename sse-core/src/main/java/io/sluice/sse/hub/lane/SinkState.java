package io.sluice.sse.hub.lane;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a lane knows about one of its sinks: its subscriptions, its position, and what a pass and the ticker need. It is
 * a superclass of {@link LaneSink}, so that a client is one object. Confined to the lane.
 *
 * <p>A sink has caught up, and then stands where its lane stands; or it is behind, and has a position of its own. Only
 * the methods in the section <i>where it stands</i> change that:
 *
 * <pre>
 *             startAt            advance, skipTo
 *   no position ────────► behind ──────────────► behind
 *                           │  ▲
 *                  joinLane │  │ fallBehind
 *                           ▼  │
 *                         caught up
 *   unsubscribe leads back to no position, from anywhere
 * </pre>
 */
abstract class SinkState {

    private @Nullable Selection selection;
    private boolean opened;
    private boolean gone;
    /** Whether it has a {@link #view}. */
    private boolean hasView;
    /** Whether this sink has a position of its own; otherwise it stands where its lane stands. */
    private boolean behind;
    /** The position of a sink that is behind. */
    private long position;
    /** Evictions up to this number were reported to the client, or are outside its request: they make no gap. */
    private long reportedEvictions;
    /** The position that the client knows from the last id it was sent. */
    private long lastSentPosition;

    private long openedNanos;
    private long lastWriteNanos;
    private long delivered;

    // Of the collections that hold it: the sinks of the lane, and the queue of those that are behind.
    int index = -1;
    boolean queued;

    // Of the pass that runs.
    long passNumber;
    private @Nullable DirtySet dirtySet;

    // Of the ticker.
    private long progressMark = -1; // no mark yet: the first one counts as progress
    private long progressNanos;

    SinkState() {}

    // ---- its life

    /** The stream is open from now on. */
    final void opened(long nowNanos, long stallClockNanos) {
        opened = true;
        openedNanos = nowNanos;
        lastWriteNanos = nowNanos; // a bare stream may get no block at first, and its silence begins here
        progressNanos = stallClockNanos;
    }

    final boolean isOpened() {
        return opened;
    }

    /** The sink has begun to close: nothing of its topics is written to it any more. */
    final void setGone() {
        gone = true;
    }

    final boolean isGone() {
        return gone;
    }

    final long openedNanos() {
        return openedNanos;
    }

    // ---- what it subscribes to

    /** Its subscriptions; null if it has none. */
    final @Nullable Selection selection() {
        return selection;
    }

    /** Its subscriptions. A sink that is behind or has a part in a pass has at least one. */
    final Selection requireSelection() {
        return Objects.requireNonNull(selection);
    }

    /** A subscription was added or removed; others stay. */
    final void selectionChanged(Selection changed) {
        changed.deriveView();
        selection = changed;
        hasView = changed.view() != null;
        onSubscribed(true);
    }

    /** The sink has begun to subscribe to topics, or has ceased to. */
    abstract void onSubscribed(boolean subscribed);

    final boolean hasView() {
        return hasView;
    }

    /** How it takes events; null if it takes them as they are. */
    final @Nullable EventView view() {
        return hasView ? requireSelection().view() : null;
    }

    // ---- where it stands

    /** Its first subscription begins. */
    final void startAt(LaneSubscription first, ResumePoint point) {
        selectionChanged(first);
        behind = true;
        startAt(point.position(), point.reportedEvictions());
    }

    /** The history has answered where its first subscription begins. */
    final void startAt(long newPosition, long newReportedEvictions) {
        position = newPosition;
        lastSentPosition = newPosition;
        reportedEvictions = newReportedEvictions;
    }

    /** The client did not take what its lane has written to others: it has a position of its own from now on. */
    final void fallBehind(long at) {
        behind = true;
        position = at;
    }

    /** Everything up to {@code end} has been written to it. */
    final void advance(long end) {
        position = end;
    }

    /** Events up to {@code newPosition} are lost for it. The client is sent a gap for evictions up to that number. */
    final void skipTo(long newPosition, long newReportedEvictions) {
        position = newPosition;
        reportedEvictions = newReportedEvictions;
    }

    /** It stands where its lane stands. */
    final void joinLane() {
        behind = false;
    }

    /** It subscribes to nothing any more. */
    final void unsubscribe() {
        selection = null;
        hasView = false;
        behind = false;
        onSubscribed(false);
    }

    final boolean isBehind() {
        return behind;
    }

    /** The position of a sink that is behind. */
    final long position() {
        return position;
    }

    final long reportedEvictions() {
        return reportedEvictions;
    }

    /** Whether the history still has to answer where it begins. */
    final boolean isAwaitingStart() {
        return behind && position == ResumePoint.ASK;
    }

    // ---- what was written to it

    /** Keeps the account of a frame that was written to it. */
    final void onWritten(Frame frame, long nowNanos) {
        delivered += frame.events;
        lastWriteNanos = nowNanos;
        if (frame.lastSentPosition > lastSentPosition) {
            lastSentPosition = frame.lastSentPosition;
        }
    }

    /** The position that the client knows from the last id it was sent. */
    final long lastSentPosition() {
        return lastSentPosition;
    }

    final long lastWriteNanos() {
        return lastWriteNanos;
    }

    final long delivered() {
        return delivered;
    }

    // ---- of the pass that runs

    final DirtySet dirtySet() {
        return Objects.requireNonNull(dirtySet);
    }

    final void setDirtySet(@Nullable DirtySet set) {
        dirtySet = set;
    }

    // ---- of the ticker

    /** Notes a mark that changes whenever bytes have left. @return whether it is another than the last one */
    final boolean noteProgress(long mark, long nanos) {
        if (mark == progressMark) {
            return false;
        }
        progressMark = mark;
        progressNanos = nanos;
        return true;
    }

    /** Nothing is pending, so the sink does not stall. */
    final void nothingPending(long nanos) {
        progressNanos = nanos;
    }

    /** Bytes wait for an acknowledgement. The last one came at this time, or the client was sent nothing since. */
    final void lastAcknowledged(long nanos) {
        progressNanos = Math.max(progressNanos, nanos);
    }

    /** When bytes have last left, or were last acknowledged, by the {@link StallClock}. */
    final long progressNanos() {
        return progressNanos;
    }
}
