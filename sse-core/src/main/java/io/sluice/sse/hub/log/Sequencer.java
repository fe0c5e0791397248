package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Gives events their order and their ids. The one that stands here works alone; a backplane's takes the ids of its
 * stream, asynchronously: nothing is delivered before it is sequenced, this node's own events included.
 *
 * <p>Implementations are thread-safe and never block.
 */
public interface Sequencer {

    /** Encodes an event; done by the publisher, outside every lock. */
    PendingEvent draft(Publication publication);

    /** Puts the drafts into the sequence, next to each other, in their order. */
    CompletionStage<List<Published>> sequence(List<PendingEvent> drafts);

    /** The id on the wire of a position, for streams that start or stand there. */
    String idOf(long position);

    /** The position of an id that this sequencer gave in this epoch; null if it did not. */
    @Nullable
    Long positionOf(String id);

    /** Whether {@code id} looks like an id that a sequencer of this kind gives. */
    boolean hasHubFormat(String id);
}
