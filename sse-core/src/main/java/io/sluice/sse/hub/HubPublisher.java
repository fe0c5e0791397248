package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.TopicEndedException;
import io.sluice.sse.topic.TopicLimitException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Checks publications, hands them to the sequencer, counts them, and reports them to the observer of the hub.
 * Thread-safe, without state of its own.
 */
final class HubPublisher {

    private final HubCore core;
    /** Whether other nodes share the sequence. Then a publication completes later. */
    private final boolean isShared;

    HubPublisher(HubCore core, boolean isShared) {
        this.core = core;
        this.isShared = isShared;
    }

    /** As {@link Hub#publish(Publication)}. */
    CompletionStage<Published> publish(Publication publication) {
        try {
            // A failure does not go through thenApply, which would fill in a stack trace for each.
            CompletionStage<List<Published>> one =
                    sequence(List.of(Objects.requireNonNull(publication, "publication")));
            return isShared ? firstOf(one) : one.thenApply(published -> published.get(0));
        } catch (TopicLimitException | TopicEndedException | ClosedException | HistoryException e) {
            core.counters().addFailedPublish(e);
            return CompletableFuture.failedStage(e);
        }
    }

    /** As {@code thenApply}, but a failure stays what it is. */
    private static CompletionStage<Published> firstOf(CompletionStage<List<Published>> stage) {
        CompletableFuture<Published> first = new CompletableFuture<>();
        stage.whenComplete((published, failure) -> {
            if (failure == null) {
                first.complete(published.get(0));
            } else {
                first.completeExceptionally(failure);
            }
        });
        return first;
    }

    /** As {@link Hub#publishAll}. */
    CompletionStage<List<Published>> publishAll(List<Publication> publications) {
        try {
            return sequence(Objects.requireNonNull(publications, "publications"));
        } catch (TopicLimitException | TopicEndedException | ClosedException | HistoryException e) {
            core.counters().addFailedPublish(e);
            return CompletableFuture.failedStage(e);
        }
    }

    private CompletionStage<List<Published>> sequence(List<Publication> publications) {
        long appends = 0;
        for (Publication publication : publications) {
            checkPublishable(Objects.requireNonNull(publication, "publication"));
            appends += publication.topics().size();
        }
        if (appends > Hub.MAX_BATCH) {
            throw new IllegalArgumentException("batch: " + publications.size() + " events, " + appends
                    + " if each counts once for each of its topics (expected: at most " + Hub.MAX_BATCH + ")");
        }
        CompletionStage<List<Published>> sequenced = core.sequencer().sequence(publications);
        if (isShared) {
            sequenced = counted(sequenced);
        } else {
            core.counters().addPublished(publications.size());
            countLaterFailure(sequenced);
        }
        if (core.isObserved()) {
            sequenced.thenAccept(published -> observe(publications, published));
        }
        return sequenced;
    }

    /** A history that forces each event may fail after the event has its place. Most stages have completed already. */
    private void countLaterFailure(CompletionStage<List<Published>> sequenced) {
        if (sequenced instanceof CompletableFuture<List<Published>> stage
                && (!stage.isDone() || stage.isCompletedExceptionally())) {
            stage.whenComplete((published, failure) -> {
                if (failure != null) {
                    core.counters().addFailedPublish(failure);
                }
            });
        }
    }

    /** Completes as {@code sequenced}, after the events or the failure were counted. */
    private CompletionStage<List<Published>> counted(CompletionStage<List<Published>> sequenced) {
        CompletableFuture<List<Published>> counted = new CompletableFuture<>();
        sequenced.whenComplete((published, failure) -> {
            if (failure == null) {
                core.counters().addPublished(published.size());
                counted.complete(published);
            } else {
                core.counters().addFailedPublish(failure);
                counted.completeExceptionally(failure);
            }
        });
        return counted;
    }

    private void observe(List<Publication> publications, List<Published> published) {
        for (int i = 0; i < published.size(); i++) {
            Published result = published.get(i);
            if (!result.duplicate()) {
                for (String topic : publications.get(i).topics()) {
                    core.observe(null, observer -> observer.published(topic, result.id()));
                }
            }
        }
    }

    private void checkPublishable(Publication publication) {
        Event event = publication.event();
        if (publication.last()) {
            checkLast(publication);
        } else if (event.data() == null) {
            checkKeyRemoval(publication);
        }
        if (Gap.EVENT_NAME.equals(event.name())) { // from Gap.toEvent; the builder rejects the name
            throw new IllegalArgumentException(
                    "event name \"gap\" (expected: another event; the hub itself reports gaps to clients)");
        }
        String id = event.id();
        if (id != null && (core.sequencer().hasHubFormat(id) || id.startsWith(CloseReason.END_ID_PREFIX))) {
            throw new IllegalArgumentException(
                    "event id \"" + id + "\" (expected: not in the format of the hub's ids, and not beginning with "
                            + CloseReason.END_ID_PREFIX + ")");
        }
    }

    private void checkLast(Publication publication) {
        if (publication.event().data() == null) {
            throw new IllegalArgumentException("last event without data: a client would not dispatch it");
        }
        for (String topic : publication.topics()) {
            if (core.log().isLiveOnly(topic)) {
                throw new IllegalArgumentException(
                        "last event of topic " + topic + " (expected: a topic to which no presence publishes)");
            }
        }
    }

    private void checkKeyRemoval(Publication publication) {
        Event event = publication.event();
        if (event.key() == null || event.id() != null) {
            throw new IllegalArgumentException("event without data: a client would not dispatch it; use empty data");
        }
        for (String topic : publication.topics()) {
            if (!core.log().conflates(topic)) {
                throw new IllegalArgumentException("event without data: it would remove a key, and topic " + topic
                        + " does not conflate; use empty data");
            }
        }
    }
}
