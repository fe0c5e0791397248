package io.sluice.sse.hub.lane;

import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Begins and ends the subscriptions of a lane's sinks. Confined to the lane, except where a method says otherwise.
 *
 * <p>The subscriptions of a sink share its position. A later subscription may begin while the sink stands before the
 * head. It then receives nothing up to that head ({@link LaneSubscription#since}). The sink is behind until it has
 * passed the head, because a sink that has caught up takes everything that a pass brings.
 */
final class LaneSubscriptions {

    private final HubLane lane;
    private final LaneTasks tasks;
    private final @Nullable HistoryPager pages;
    private final SubscriberIndex index;

    /** @param pages asks the history where a subscription begins; null in a hub without a history */
    LaneSubscriptions(HubLane lane, LaneTasks tasks, @Nullable HistoryPager pages) {
        this.lane = lane;
        this.tasks = tasks;
        this.pages = pages;
        this.index = new SubscriberIndex(lane);
    }

    /**
     * Begins the first subscription of a sink. Joining the lists does not disturb a pass that has yielded: the sink
     * begins behind, and a pass skips such sinks.
     */
    ResumePoint begin(LaneSink sink, Selector selector, StartPosition start) {
        assert lane.isInLane();
        LaneSubscription subscription =
                LaneSubscription.first(sink, selector, ResumePoint.needsBounds(lane.core(), selector, start));
        ResumePoint point = lane.log().locked(() -> {
            join(subscription, null);
            try {
                return ResumePoint.resolve(lane.core(), subscription, start);
            } catch (RuntimeException e) {
                index.leave(subscription, null);
                throw e;
            }
        });
        sink.startAt(subscription, point);
        begun(subscription);
        if (point.question() != null && pages != null) {
            pages.ask(sink, point.question());
        }
        return point;
    }

    /** Joins the lists of all topics, or of none. Under the hub's lock. */
    private void join(LaneSubscription subscription, @Nullable Selection others) {
        try {
            index.join(subscription, others);
        } catch (RuntimeException e) {
            index.leave(subscription, others);
            throw e;
        }
    }

    /** As {@link HubSink#subscribe}. Any thread. */
    CompletionStage<Subscription> subscribe(LaneSink sink, Selector selector) {
        CompletableFuture<Subscription> begun = new CompletableFuture<>();
        // Not during a pass that has yielded: a sink that it has written to no longer stands at the lane's position.
        tasks.onLane(() -> tasks.afterPass(() -> {
            try {
                begun.complete(add(sink, selector));
            } catch (Throwable t) {
                begun.completeExceptionally(t);
            }
        }));
        return begun;
    }

    private Subscription add(LaneSink sink, Selector selector) {
        if (sink.isGone() || sink.scope().isClosed()) {
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        if (!sink.isOpened()) {
            throw new IllegalStateException("sink " + sink.id() + " is not open yet");
        }
        Selection selection = sink.selection();
        if (selection == null) {
            return beginLate(sink, selector);
        }
        requireRoom(selection, selector);
        LaneSubscription.Later later = new LaneSubscription.Later(sink, selector);
        lane.log().locked(() -> {
            join(later, selection);
            later.beginAfter(lane.log().head());
            return null;
        });
        selection.append(later);
        sink.selectionChanged(selection);
        begun(later);
        if (!sink.isBehind() && (later.since() > lane.position || isIncomplete(selection))) {
            sink.fallBehind(lane.position);
            serve(sink);
        }
        return later;
    }

    private static void requireRoom(Selection selection, Selector selector) {
        int terms = selection.terms().size() + selector.terms().size();
        if (terms > Selector.MAX_TERMS) {
            throw new IllegalArgumentException(
                    terms + " topics and patterns: at most " + Selector.MAX_TERMS + " are allowed on one stream");
        }
        int patterns = selector.patterns().size();
        for (LaneSubscription each = selection.first(); each != null; each = each.next()) {
            patterns += each.selector().patterns().size();
        }
        if (patterns > Selector.MAX_PATTERNS) {
            throw new IllegalArgumentException(
                    patterns + " patterns: at most " + Selector.MAX_PATTERNS + " are allowed on one stream");
        }
    }

    /** As {@link PatternSlices#isIncomplete}. */
    boolean isIncomplete(Selection selection) {
        return index.slices().isIncomplete(selection);
    }

    /** As {@link PatternSlices#finish}. */
    void finishSlices() {
        index.slices().finish();
    }

    /** A sink that only a source has filled so far gets a position. Its client is sent the id of that position. */
    private Subscription beginLate(LaneSink sink, Selector selector) {
        ResumePoint point = begin(sink, selector, StartPosition.live());
        Event position =
                Event.builder().id(lane.sequencer().idOf(point.position())).build();
        LaneSubscription begun = sink.requireSelection().first();
        if (!sink.options().isBare()) {
            GapNotice.send(lane, sink, position, point.position(), null);
        }
        if (sink.isGone()) { // the flush found the client gone
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        serve(sink);
        return begun;
    }

    private void serve(LaneSink sink) {
        lane.catchUp.add(sink);
        lane.wake();
    }

    /** As {@link Subscription#cancel}. Any thread. */
    CompletionStage<Void> cancel(LaneSubscription subscription) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        tasks.onLane(() -> {
            LaneSink sink = subscription.sink();
            if (sink.selection() == subscription && subscription.isSingle()) {
                endAll(sink); // a pass that has yielded leaves the sink alone from here on
                ended.complete(null);
            } else {
                tasks.afterPass(() -> {
                    end(sink, subscription);
                    ended.complete(null);
                });
            }
        });
        return ended;
    }

    private void end(LaneSink sink, LaneSubscription subscription) {
        if (!unlink(sink, subscription)) {
            return; // it has ended already
        }
        leave(subscription, sink.selection());
        ended(subscription);
        if (!sink.isBehind() && sink.isOfTopicEndedBy(lane.position)) {
            sink.fallBehind(lane.position);
            serve(sink); // which ends the stream
        }
    }

    private static boolean unlink(LaneSink sink, LaneSubscription subscription) {
        Selection selection = sink.selection();
        if (selection == subscription) {
            LaneSubscription second = subscription.next();
            if (second == null) {
                sink.unsubscribe();
            } else {
                sink.selectionChanged(second);
            }
            return true;
        }
        for (Selection each = selection; each != null; each = each.next()) {
            if (each.next() == subscription) {
                each.removeNext();
                sink.selectionChanged(sink.requireSelection());
                return true;
            }
        }
        return false;
    }

    /** Ends all subscriptions of a sink: it receives nothing of its topics from here on. */
    void endAll(LaneSink sink) {
        assert lane.isConfined();
        Selection selection = sink.selection();
        if (selection == null) {
            return;
        }
        sink.unsubscribe();
        LaneSubscription first = selection.first();
        tasks.afterPass(() -> {
            for (LaneSubscription each = first; each != null; each = each.next()) {
                leave(each, each.next());
            }
        });
        for (LaneSubscription each = first; each != null; each = each.next()) {
            ended(each);
        }
    }

    private void leave(LaneSubscription subscription, @Nullable Selection others) {
        lane.log().locked(() -> {
            index.leave(subscription, others);
            return null;
        });
    }

    private void begun(LaneSubscription subscription) {
        lane.core().ledger().add(Ledger.Kind.SUBSCRIPTIONS, 1);
        lane.core().presence().subscribed(subscription.sink(), subscription.selector());
    }

    private void ended(LaneSubscription subscription) {
        lane.core().ledger().add(Ledger.Kind.SUBSCRIPTIONS, -1);
        lane.core().presence().unsubscribed(subscription.sink(), subscription.selector());
    }
}
