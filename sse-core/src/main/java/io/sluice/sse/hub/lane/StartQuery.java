package io.sluice.sse.hub.lane;

import io.sluice.sse.history.History;
import io.sluice.sse.topic.OverflowPolicy;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Where a subscription begins, if only the history can tell. Immutable. */
final class StartQuery {

    @FunctionalInterface
    private interface Asked {
        long of(History history, Collection<String> topics, long head);
    }

    private final Asked asked;

    /** By the hub's clock; null if it is not asked for a time. */
    private final @Nullable Long since;

    private StartQuery(Asked asked, @Nullable Long since) {
        this.asked = asked;
        this.since = since;
    }

    /** The position before the last {@code events} kept events. */
    static StartQuery last(int events) {
        return new StartQuery((history, topics, head) -> history.beforeLast(topics, events, head), null);
    }

    /**
     * The position before the first kept event that was published at {@code time} or later.
     *
     * @param since the same by the hub's clock
     */
    static StartQuery since(Instant time, long since) {
        return new StartQuery((history, topics, head) -> history.before(topics, time, head), since);
    }

    /**
     * @param topics those that the subscription listens to
     * @param head the hub's when the subscription was made; everything up to it is in the history
     * @return a position
     */
    long ask(History history, Collection<String> topics, long head) {
        return asked.of(history, topics, head);
    }

    /**
     * The policy that the client meets when it is told at that position that something of what it asked for is lost; null
     * if nothing is. It is asked when the client begins, since more may have been lost until then. Under the hub's lock.
     */
    @Nullable
    OverflowPolicy overflow(LaneSubscription subscription) {
        return since == null ? null : subscription.overflowPolicySince(since);
    }
}
