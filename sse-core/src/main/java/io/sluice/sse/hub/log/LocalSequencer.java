package io.sluice.sse.hub.log;

import io.sluice.sse.Event;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.wire.EventEncoder;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The sequencer of a hub that stands alone: epoch and position, given under the hub's lock and known at once; told when the
 * event is safe, if the hub has a history that promises that.
 */
public final class LocalSequencer implements Sequencer {

    private final HubLog log;
    private final EventIds ids;

    public LocalSequencer(HubLog log, EventIds ids) {
        this.log = log;
        this.ids = ids;
    }

    /** An epoch that rises from start to start, with some chance in it for hubs that start in the same second. */
    static long newEpoch() {
        long secondsSince2024 = Instant.now().getEpochSecond() - 1_704_067_200L;
        return secondsSince2024 << 18 | new SecureRandom().nextInt(1 << 18);
    }

    @Override
    public PendingEvent draft(Publication publication) {
        Event event = publication.event();
        byte[] wire;
        if (event.id() == null) {
            wire = EventEncoder.encodeBody(event, EventIds.LINE_BYTES);
            ids.writeLinePrefix(wire);
        } else {
            wire = EventEncoder.encode(event);
        }
        return new PendingEvent(publication.topics(), wire, event.id(), event.key(), publication.recipients());
    }

    @Override
    public CompletionStage<List<Published>> sequence(List<PendingEvent> drafts) {
        List<Published> published = log.append(drafts, ids);
        HubHistory history = log.history();
        return history == null ? CompletableFuture.completedFuture(published) : history.writer.whenSafe(published);
    }

    @Override
    public String idOf(long position) {
        return ids.text(position);
    }

    @Override
    public @Nullable Long positionOf(String id) {
        return ids.positionOf(id);
    }

    @Override
    public boolean hasHubFormat(String id) {
        return EventIds.hasHubFormat(id);
    }
}
