package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Gives events their place: a position, and an id that all clients know it by. This is the seam between a hub and what
 * orders its events. {@link LocalSequencer} orders those of a single process, under the hub's lock. {@link
 * SharedSequencer} takes the order of a backplane, which several nodes share.
 *
 * <p>No event is delivered before it has its place. Implementations are thread-safe and never block.
 */
public interface Sequencer {

    /**
     * Appends the events to the sequence, next to each other and in this order, all or none. The publisher calls this
     * outside all locks.
     *
     * @return completes when the events have their places and the hub has them
     */
    CompletionStage<List<Published>> sequence(List<Publication> publications);

    /** Removes what a topic holds. @return completes with whether the hub had the topic */
    CompletionStage<Boolean> remove(String topic);

    /** The ids of this epoch. */
    EventIds ids();

    /** The id of a position, for a stream that starts or is at that position. */
    default String idOf(long position) {
        return ids().text(position);
    }

    /** The position of an id that this sequencer assigned in this epoch; null for any other id. */
    default @Nullable Long positionOf(String id) {
        return ids().positionOf(id);
    }

    /**
     * Whether another node may have delivered this position, which is after the head of this hub. A client that moves
     * to this node resumes there. It has missed nothing: this node has not read as far yet.
     */
    default boolean isAheadOfThisNode(long position) {
        return false;
    }

    /** Whether {@code id} has the format of the ids that hubs assign. */
    default boolean hasHubFormat(String id) {
        return EventIds.hasHubFormat(id);
    }
}
