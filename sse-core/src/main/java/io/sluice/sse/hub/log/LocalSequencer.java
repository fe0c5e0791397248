package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The sequencer of a single hub. An id is an epoch and a position, assigned under the hub's lock and known at once. The
 * result is reported when the event is on the disk, if the hub has a history that promises this.
 */
public final class LocalSequencer implements Sequencer {

    private final HubLog log;
    private final EventIds ids;

    /** @param epoch identifies this run of the hub, see {@link HubLog#start} */
    public LocalSequencer(HubLog log, long epoch) {
        this.log = log;
        this.ids = new EventIds(epoch);
    }

    /** An epoch that rises with each start. Random bits distinguish hubs that start in the same second. */
    static long newEpoch() {
        long secondsSince2024 = Instant.now().getEpochSecond() - 1_704_067_200L;
        return secondsSince2024 << 18 | new SecureRandom().nextInt(1 << 18);
    }

    @Override
    public CompletionStage<List<Published>> sequence(List<Publication> publications) {
        List<Published> published = log.append(pending(publications), ids);
        HubHistory history = log.history();
        return history == null
                ? CompletableFuture.completedFuture(published)
                : history.writer().whenDurable(published);
    }

    private List<PendingEvent> pending(List<Publication> publications) {
        if (publications.size() == 1) {
            return List.of(PendingEvent.of(publications.get(0), ids));
        }
        List<PendingEvent> events = new ArrayList<>(publications.size());
        for (Publication publication : publications) {
            events.add(PendingEvent.of(publication, ids));
        }
        return events;
    }

    @Override
    public CompletionStage<Boolean> remove(String topic) {
        return log.remove(topic);
    }

    @Override
    public EventIds ids() {
        return ids;
    }
}
