package io.sluice.sse.hub;

import io.sluice.sse.history.History;
import java.time.Instant;
import java.util.Collection;

/** Where a subscription begins, if only the history can tell. Immutable. */
final class HistoryQuestion {

    @FunctionalInterface
    private interface Asked {
        long of(History history, Collection<String> topics, long head);
    }

    private final Asked asked;
    private final boolean gap;

    private HistoryQuestion(Asked asked, boolean gap) {
        this.asked = asked;
        this.gap = gap;
    }

    /** The position before the last {@code events} kept events. */
    static HistoryQuestion last(int events) {
        return new HistoryQuestion((history, topics, head) -> history.beforeLast(topics, events, head), false);
    }

    /**
     * The position before the first kept event that was published at {@code time} or later.
     *
     * @param isGap whether something that was published since then is lost
     */
    static HistoryQuestion since(Instant time, boolean isGap) {
        return new HistoryQuestion((history, topics, head) -> history.before(topics, time, head), isGap);
    }

    /**
     * @param topics those that the subscription listens to
     * @param head the hub's when the subscription was made; everything up to it is in the history
     * @return a position
     */
    long ask(History history, Collection<String> topics, long head) {
        return asked.of(history, topics, head);
    }

    /** Whether the client is told at that position that it has missed something. */
    boolean isGap() {
        return gap;
    }
}
