package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Assigns positions and ids to events. {@link LocalSequencer} does this for a single hub. A sequencer of several nodes
 * would take the ids of a shared stream, asynchronously: no event is delivered before it is sequenced, including events
 * of the same node.
 *
 * <p>Implementations are thread-safe and never block.
 */
public interface Sequencer {

    /** Encodes an event. The publisher calls this outside all locks. */
    PendingEvent encode(Publication publication);

    /** Appends the events to the sequence, next to each other and in this order. */
    CompletionStage<List<Published>> sequence(List<PendingEvent> events);

    /** The id of a position, for a stream that starts or is at that position. */
    String idOf(long position);

    /** The position of an id that this sequencer assigned in this epoch; null for any other id. */
    @Nullable
    Long positionOf(String id);

    /** Whether {@code id} has the format of the ids that sequencers of this kind assign. */
    boolean hasHubFormat(String id);
}
