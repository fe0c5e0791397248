package io.sluice.sse.hub;

import io.sluice.sse.history.History;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Where a subscription begins, if only the history can tell. */
@FunctionalInterface
interface HistoryQuestion {

    /**
     * @param topics those that the subscription listens to
     * @param head the hub's when the subscription was made; everything up to it is in the history
     * @return a position
     */
    long ask(History history, Collection<String> topics, long head);

    /** The question of a start; null if it has none. */
    static @Nullable HistoryQuestion of(Start start) {
        return start.replay() > 0 ? (history, topics, head) -> history.beforeLast(topics, start.replay(), head) : null;
    }
}
