package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.NewestPositions;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.hub.log.Topic;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.Subscription;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One subscription of a sink: its selector, and its place in the subscriber lists of the lane. Confined to the lane,
 * except where a method says otherwise. The lists and places are also changed under the hub's lock.
 */
sealed class LaneSubscription extends Selection implements Subscription {

    private static final SubscriberList[] NONE = {};
    private static final int[] NO_PLACES = {};

    private final LaneSink sink;
    private final Selector selector;

    private SubscriberList[] lists = NONE;
    private int[] places = NO_PLACES;

    private LaneSubscription(LaneSink sink, Selector selector) {
        this.sink = sink;
        this.selector = selector;
    }

    /**
     * The first subscription of a sink. Only a selector with a filter or an envelope costs a field for its view, and
     * only a start that needs bounds one for these.
     */
    static LaneSubscription first(LaneSink sink, Selector selector, boolean hasBounds) {
        EventView view = EventView.of(selector);
        if (hasBounds) {
            return new Bounded(sink, selector, view);
        }
        return view == null ? new LaneSubscription(sink, selector) : new Viewed(sink, selector, view);
    }

    @Override
    final LaneSubscription first() {
        return this;
    }

    /** Any thread. */
    @Override
    public final LaneSink sink() {
        return sink;
    }

    /** Any thread. */
    @Override
    public final Selector selector() {
        return selector;
    }

    /** Any thread. */
    @Override
    public final CompletionStage<Void> cancel() {
        return sink.hubLane().subscriptions.cancel(this);
    }

    /** Names the sink and the selector, such as {@code subscription of 5 to orders/*}. */
    @Override
    public final String toString() {
        return "subscription of " + sink.id() + " to " + selector;
    }

    /** The subscription receives nothing up to this position, although its sink may stand before it. */
    long since() {
        return 0;
    }

    /** What this subscription leaves out although its sink may stand before it. */
    StartBounds bounds() {
        return StartBounds.NONE;
    }

    /** Sets the {@link #bounds} of a first subscription that was created with bounds. Under the hub's lock. */
    void setBounds(StartBounds bounds) {}

    /** The view of this subscription alone; null if it takes events as they are. */
    @Nullable
    EventView ownView() {
        return null;
    }

    /** Whether this subscription alone receives the entry. */
    final boolean receives(LogEntry entry) {
        return entry.position > since() && selector.matches(entry.topic) && !leavesOut(entry);
    }

    /** Whether the entry is before the {@link #bounds} of a first subscription. */
    final boolean leavesOut(LogEntry entry) {
        StartBounds before = bounds();
        if (before == StartBounds.NONE) {
            return false;
        }
        HubLog log = sink.hubLane().log();
        if (log.isLiveOnly(entry.topic)) {
            return entry.position <= before.live();
        }
        return !log.conflates(entry.topic) && entry.position <= before.news();
    }

    // ---- its lists

    final SubscriberList[] ownLists() {
        return lists;
    }

    /** The topic, if it names exactly one and has no pattern; otherwise null. */
    final @Nullable TopicSubscribers onlyTopic() {
        return lists.length == 1 && lists[0] instanceof TopicSubscribers only ? only : null;
    }

    /** @param others the sink's subscriptions that exist already, or null */
    final void join(SubscriberList list, @Nullable Selection others) {
        if (isListedIn(list, others)) {
            list.addRepeat();
        }
        int last = lists.length;
        lists = Arrays.copyOf(lists, last + 1);
        places = Arrays.copyOf(places, last + 1);
        lists[last] = list;
        places[last] = list.add(this);
    }

    /**
     * Leaves every list.
     *
     * @param others the sink's subscriptions that stay, or null
     * @return the lists that were left
     */
    final SubscriberList[] leaveLists(@Nullable Selection others) {
        SubscriberList[] left = lists;
        for (int i = 0; i < left.length; i++) {
            left[i].remove(places[i]);
            if (isListedIn(left[i], others)) {
                left[i].removeRepeat();
            }
        }
        lists = NONE;
        places = NO_PLACES;
        return left;
    }

    private boolean isListedIn(SubscriberList list, @Nullable Selection others) {
        for (LaneSubscription each = others == null ? null : others.first(); each != null; each = each.next()) {
            for (SubscriberList one : each.lists) {
                if (one == list) {
                    return true;
                }
            }
        }
        return false;
    }

    /** A list has moved this subscription to another place. */
    final void moved(SubscriberList list, int place) {
        for (int i = 0; i < lists.length; i++) {
            if (lists[i] == list) {
                places[i] = place;
                return;
            }
        }
        throw new AssertionError("moved in a list that it does not belong to");
    }

    // ---- its share of the questions of a selection

    final void forEachTopic(Consumer<Topic> action) {
        for (SubscriberList list : lists) {
            list.forEachTopic(action);
        }
    }

    final boolean isOwnGap(long position, long reportedEvictions) {
        for (SubscriberList list : lists) {
            if (list.isGap(position, reportedEvictions, bounds())) {
                return true;
            }
        }
        return false;
    }

    /** Its own policy, else the strictest of the topics with a gap; null if no topic has one. */
    final @Nullable OverflowPolicy ownOverflowPolicy(long position, long reportedEvictions) {
        OverflowPolicy own = selector.overflow();
        if (own != null) {
            return isOwnGap(position, reportedEvictions) ? own : null;
        }
        OverflowPolicy strictest = null;
        for (SubscriberList list : lists) {
            strictest = OverflowPolicy.strictest(strictest, list.strictestGap(position, reportedEvictions, bounds()));
        }
        return strictest;
    }

    /**
     * The policy for a client that wants everything since a time of the hub's clock, part of which is lost: its own
     * policy, else the strictest of the topics that lost it; null if nothing of it is lost. Under the hub's lock.
     */
    final @Nullable OverflowPolicy overflowPolicySince(long sinceNanos) {
        OverflowPolicy strictest = null;
        for (SubscriberList list : lists) {
            strictest = OverflowPolicy.strictest(strictest, list.strictestLostSince(sinceNanos));
        }
        OverflowPolicy own = selector.overflow();
        return strictest == null || own == null ? strictest : own;
    }

    final long ownHistoryUpTo(long position) {
        long upTo = 0;
        for (SubscriberList list : lists) {
            upTo = Math.max(upTo, list.historyUpTo(position, bounds()));
        }
        return upTo;
    }

    // ---- where a first subscription begins, under the hub's lock

    /** Whether it has live-only topics and nothing else: then a client can miss nothing before it begins. */
    final boolean isLiveOnly() {
        boolean[] only = {selector.patterns().isEmpty()};
        forEachTopic(topic -> only[0] &= topic.isLiveOnly);
        return only[0];
    }

    /** Whether only the history, or the backplane, knows where the events since a time of the hub's clock begin. */
    final boolean isInHistorySince(long sinceNanos) {
        for (SubscriberList list : lists) {
            if (list.isInHistorySince(sinceNanos)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasUncountedEvents() {
        for (SubscriberList list : lists) {
            if (list.hasUncountedEvents()) {
                return true;
            }
        }
        return false;
    }

    private boolean conflates() {
        boolean[] found = {false};
        forEachTopic(topic -> found[0] |= topic.conflates());
        return found[0];
    }

    /** The position before the oldest kept event of that time or later; the head if there is none. */
    final long beforeOldestSince(long sinceNanos, long head) {
        long[] oldest = {head + 1};
        forEachTopic(topic -> {
            LogEntry first = topic.isLiveOnly ? null : topic.log.oldestSince(sinceNanos);
            if (first != null) {
                oldest[0] = Math.min(oldest[0], first.position);
            }
        });
        return oldest[0] - 1;
    }

    /**
     * The position before the last {@code count} kept events, not counting those of topics that are live-only or
     * conflate. The time under the lock grows with the number of topics if this is all kept events, and otherwise with
     * {@code count}. Next to topics that conflate, only what is in memory counts.
     *
     * @return {@link ResumePoint#ASK} if only the history, or the backplane, can answer
     */
    final long beforeLastKept(int count, long head) {
        long[] kept = {0};
        forEachTopic(topic -> kept[0] += isNews(topic) ? topic.log.keptEvents() : 0);
        if (kept[0] <= count) {
            long before = Math.max(ringsBeginAfter(), beforeOldestOf(LaneSubscription::isNews, head));
            // The rings may begin at different positions. Then newer events of one topic take the place of older ones.
            boolean isOther = hasUncountedEvents() && (kept[0] < count || historyUpTo(before) > 0);
            return isOther && !conflates() ? ResumePoint.ASK : before;
        }
        NewestPositions newest = new NewestPositions(count, kept[0]);
        forEachTopic(topic -> {
            if (isNews(topic)) {
                topic.log.forEachNewestPosition(newest::offer);
            }
        });
        long before = newest.oldest() - 1;
        // Otherwise the rings hold too few events, or an event that one ring no longer has is newer than the oldest
        // event that another ring still has.
        boolean inRings = newest.isFull() && historyUpTo(before) == 0;
        if (inRings || historyUpTo(0) == 0) {
            return before;
        }
        return conflates() ? Math.max(before, historyUpTo(0)) : ResumePoint.ASK;
    }

    /** Where the memory of topics begins that conflate next to others: nothing older is read for a replay of them. */
    private long ringsBeginAfter() {
        return hasUncountedEvents() && conflates() ? historyUpTo(0) : 0;
    }

    private static boolean isNews(Topic topic) {
        return !topic.isLiveOnly && !topic.conflates();
    }

    /** The position before everything that topics that conflate keep; the head if they keep nothing. */
    final long beforeState(long head) {
        return beforeOldestOf(Topic::conflates, head);
    }

    private long beforeOldestOf(Predicate<Topic> isMeant, long head) {
        long[] oldest = {head + 1};
        forEachTopic(topic -> {
            long first = isMeant.test(topic) ? topic.log.oldestKeptPosition() : 0;
            if (first > 0) {
                oldest[0] = Math.min(oldest[0], first);
            }
        });
        return oldest[0] - 1;
    }

    /** Whether a topic that conflates has lost some of its state. */
    final boolean isStateLost() {
        for (SubscriberList list : lists) {
            if (list.isStateLost()) {
                return true;
            }
        }
        return false;
    }

    /** A first subscription that leaves out events after the position of its sink. */
    private static final class Bounded extends LaneSubscription {

        private final @Nullable EventView view;
        private StartBounds bounds = StartBounds.NONE;

        Bounded(LaneSink sink, Selector selector, @Nullable EventView view) {
            super(sink, selector);
            this.view = view;
        }

        @Override
        StartBounds bounds() {
            return bounds;
        }

        @Override
        void setBounds(StartBounds newBounds) {
            bounds = newBounds;
        }

        @Override
        @Nullable
        EventView ownView() {
            return view;
        }
    }

    /** A first subscription with a filter or an envelope. */
    private static final class Viewed extends LaneSubscription {

        private final EventView view;

        Viewed(LaneSink sink, Selector selector, EventView view) {
            super(sink, selector);
            this.view = view;
        }

        @Override
        EventView ownView() {
            return view;
        }
    }

    /** A subscription that joined a sink which had one already. */
    static final class Later extends LaneSubscription {

        private final @Nullable EventView ownView;
        private long since;
        /** Of the second subscription of a sink: the view of all of them. */
        private @Nullable EventView viewOfAll;

        Later(LaneSink sink, Selector selector) {
            super(sink, selector);
            this.ownView = EventView.of(selector);
        }

        /** It receives what is published after {@code position}. */
        void beginAfter(long position) {
            since = position;
        }

        @Override
        long since() {
            return since;
        }

        @Override
        @Nullable
        EventView ownView() {
            return ownView;
        }

        @Nullable
        EventView viewOfAll() {
            return viewOfAll;
        }

        void setViewOfAll(@Nullable EventView view) {
            viewOfAll = view;
        }
    }
}
