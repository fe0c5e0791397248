package io.sluice.sse.hub;

import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.wire.EventEncoder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How subscriptions of a lane's sinks begin and end. Confined to the lane, except where a method says otherwise.
 *
 * <p>A sink's subscriptions share its position. One that begins while the sink stands before the head hears nothing up to
 * that head ({@link Subscription#since}): the sink is behind until it has come by there, since those that have caught up
 * take whatever the pass brings.
 */
final class LaneSubscriptions {

    private final HubLane lane;
    private final SubscriberIndex audiences;

    LaneSubscriptions(HubLane lane) {
        this.lane = lane;
        this.audiences = new SubscriberIndex(lane);
    }

    /**
     * The first subscription of a sink. Adding to audiences does no harm to a pass that has yielded: the sink begins behind,
     * and a pass skips those.
     */
    ResumePoint begin(LaneSink sink, Selector selector, StartPosition start) {
        Hub hub = lane.hub();
        Subscription subscription = new Subscription(sink, selector);
        ResumePoint opening = hub.log().locked(() -> {
            join(subscription);
            try {
                return ResumePoint.resolve(hub, subscription, start);
            } catch (RuntimeException e) {
                audiences.leave(subscription, null);
                throw e;
            }
        });
        sink.setSubscriptions(subscription);
        sink.behind = true;
        sink.position = opening.position();
        sink.lastSentPosition = opening.position();
        sink.reportedEvictions = opening.reportedEvictions();
        begun(subscription);
        if (opening.question() != null && lane.pages != null) {
            lane.pages.ask(sink, opening.question());
        }
        return opening;
    }

    /** All of its topics or none. Under the hub's lock. */
    private void join(Subscription subscription) {
        try {
            audiences.join(subscription);
        } catch (RuntimeException e) {
            audiences.leave(subscription, subscription.sink().subscription);
            throw e;
        }
    }

    /** Any thread. As {@link LaneSink#subscribe}. */
    CompletionStage<Subscription> subscribe(LaneSink sink, Selector selector) {
        CompletableFuture<Subscription> begun = new CompletableFuture<>();
        // Not during a pass that has yielded: who was written to by it stands no longer at the lane's position.
        lane.tasks.onLane(() -> lane.tasks.afterPass(() -> {
            try {
                begun.complete(add(sink, selector));
            } catch (Throwable t) {
                begun.completeExceptionally(t);
            }
        }));
        return begun;
    }

    private Subscription add(LaneSink sink, Selector selector) {
        if (sink.gone || sink.scope().isClosed()) {
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        if (!sink.opened) {
            throw new IllegalStateException("sink " + sink.id() + " is not open yet");
        }
        Subscription first = sink.subscription;
        if (first == null) {
            return beginLate(sink, selector);
        }
        int terms = Subscription.terms(first).size() + selector.terms().size();
        if (terms > Selector.MAX_TERMS) {
            throw new IllegalArgumentException(
                    terms + " topics and patterns: at most " + Selector.MAX_TERMS + " are allowed on one stream");
        }
        Subscription.Later later = new Subscription.Later(sink, selector);
        lane.hub().log().locked(() -> {
            join(later);
            later.startAfter(lane.hub().log().head());
            return null;
        });
        Subscription last = first;
        while (last.next != null) {
            last = last.next;
        }
        last.next = later;
        sink.setSubscriptions(first);
        begun(later);
        if (!sink.behind && later.since() > lane.position) {
            sink.behind = true;
            sink.position = lane.position;
            serve(sink);
        }
        return later;
    }

    /** A sink that a source alone has filled so far: from now on its client has a position, and is told so. */
    private Subscription beginLate(LaneSink sink, Selector selector) {
        ResumePoint opening = begin(sink, selector, StartPosition.live());
        Event position = Event.builder()
                .id(lane.hub().sequencer().idOf(opening.position()))
                .build();
        lane.frames.writeOwn(sink, EventEncoder.encode(position), opening.position());
        Subscription begun = sink.subscriptions();
        sink.flush();
        if (sink.gone) { // the flush has found its client gone
            throw new ClosedException("sink " + sink.id(), sink.scope().reason());
        }
        serve(sink);
        return begun;
    }

    private void serve(LaneSink sink) {
        lane.catchUp.add(sink);
        lane.wake();
    }

    /** Any thread. As {@link Subscription#cancel}. */
    CompletionStage<Void> cancel(Subscription subscription) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        lane.tasks.onLane(() -> {
            LaneSink sink = subscription.sink();
            if (sink.subscription == subscription && subscription.next == null) {
                sink.behind = false; // a pass that has yielded leaves it alone from here on
                endAll(sink);
                ended.complete(null);
            } else {
                lane.tasks.afterPass(() -> {
                    end(sink, subscription);
                    ended.complete(null);
                });
            }
        });
        return ended;
    }

    private void end(LaneSink sink, Subscription subscription) {
        if (!unlink(sink, subscription)) {
            return; // it has ended already
        }
        if (sink.subscription == null) {
            sink.behind = false;
        }
        leave(subscription, sink.subscription);
        ended(subscription);
    }

    private static boolean unlink(LaneSink sink, Subscription subscription) {
        Subscription before = null;
        for (Subscription at = sink.subscription; at != null; before = at, at = at.next) {
            if (at == subscription) {
                if (before == null) {
                    sink.setSubscriptions(at.next);
                } else {
                    before.next = at.next;
                    sink.setSubscriptions(sink.subscription);
                }
                return true;
            }
        }
        return false;
    }

    /** It hears nothing from here on. */
    void endAll(LaneSink sink) {
        Subscription first = sink.subscription;
        if (first == null) {
            return;
        }
        sink.setSubscriptions(null);
        lane.tasks.afterPass(() -> {
            for (Subscription at = first; at != null; at = at.next) {
                leave(at, at.next);
            }
        });
        for (Subscription at = first; at != null; at = at.next) {
            ended(at);
        }
    }

    private void leave(Subscription subscription, @Nullable Subscription others) {
        lane.hub().log().locked(() -> {
            audiences.leave(subscription, others);
            return null;
        });
    }

    private void begun(Subscription subscription) {
        lane.hub().ledger().add(Ledger.Kind.SUBSCRIPTIONS, 1);
        lane.hub().presences().subscribed(subscription.sink(), subscription.selector());
    }

    private void ended(Subscription subscription) {
        lane.hub().ledger().add(Ledger.Kind.SUBSCRIPTIONS, -1);
        lane.hub().presences().unsubscribed(subscription.sink(), subscription.selector());
    }
}
