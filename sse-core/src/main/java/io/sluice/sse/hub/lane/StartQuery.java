package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.PastEvents;
import io.sluice.sse.topic.OverflowPolicy;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Asks the history for the position where a subscription begins, if only the history knows it. Immutable. */
final class StartQuery {

    @FunctionalInterface
    private interface Question {
        long ask(PastEvents past, PastEvents.Topics topics, long head);
    }

    private final Question question;

    /** A time of the hub's clock; null if the subscription does not begin at a time. */
    private final @Nullable Long since;

    private StartQuery(Question question, @Nullable Long since) {
        this.question = question;
        this.since = since;
    }

    /** The position before the last {@code events} kept events. */
    static StartQuery last(int events) {
        return new StartQuery((past, topics, head) -> past.beforeLast(topics, events, head), null);
    }

    /**
     * The position before the first kept event that was published at {@code time} or later.
     *
     * @param since the same time by the hub's clock
     */
    static StartQuery since(Instant time, long since) {
        return new StartQuery((past, topics, head) -> past.before(topics, time, head), since);
    }

    /**
     * @param topics the topics of the subscription
     * @param head the hub's head when the subscription was made; the history has everything up to it
     * @return a position
     */
    long ask(PastEvents past, PastEvents.Topics topics, long head) {
        return question.ask(past, topics, head);
    }

    /**
     * The policy for a client that has lost a part of what it asked for; null if it has lost nothing. Called when the
     * client begins, because more may have been lost since the question was asked. Under the hub's lock.
     */
    @Nullable
    OverflowPolicy overflowPolicy(LaneSubscription subscription) {
        return since == null ? null : subscription.overflowPolicySince(since);
    }
}
