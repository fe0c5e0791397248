package io.sluice.sse.hub;

import io.sluice.sse.history.History;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Where a subscription begins, if only the history can tell. Immutable. */
final class HistoryQuestion {

    @FunctionalInterface
    private interface Asked {
        long of(History history, Collection<String> topics, long head);
    }

    private final Asked asked;
    private final @Nullable Instant time;

    private HistoryQuestion(Asked asked, @Nullable Instant time) {
        this.asked = asked;
        this.time = time;
    }

    /** The position before the last {@code events} kept events. */
    static HistoryQuestion last(int events) {
        return new HistoryQuestion((history, topics, head) -> history.beforeLast(topics, events, head), null);
    }

    /** The position before the first kept event that was published at {@code time} or later. */
    static HistoryQuestion since(Instant time) {
        return new HistoryQuestion((history, topics, head) -> history.before(topics, time, head), time);
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
     * Whether something that was asked for is lost, so that the client is told so at that position. To be looked at before
     * the question is asked, with the number of evictions up to then: those that follow make a gap of their own. Under the
     * hub's lock.
     */
    boolean isGap(HubLog log, Subscription subscription) {
        return time != null && Missed.overflowSince(subscription, log.nanosAt(time)) != null;
    }
}
