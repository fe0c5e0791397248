package io.sluice.sse.hub;

import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.core.LogThrottle;
import io.sluice.sse.hub.core.PresenceListener;
import io.sluice.sse.hub.log.LogOptions;
import io.sluice.sse.topic.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is where in a hub: takes from the lanes who comes and goes, and tells it the observer and the topics of presence.
 * Thread-safe. What is not told on a lane is told by the hub's timer, outside every lock.
 */
final class Presences implements PresenceListener {

    private static final Logger log = LoggerFactory.getLogger(Hub.class);
    /** The name under which the hub as a whole is counted; no topic has it. */
    private static final String WHOLE_HUB = "";

    private record Kept(Presence presence, PresenceCounts counts) {}

    private final Hub hub;
    private final List<Kept> all = new ArrayList<>();
    private final LogThrottle unpublished;

    Presences(Hub hub, List<Presence> presences, LogOptions.Clocks clocks) {
        this.hub = hub;
        this.unpublished = new LogThrottle(clocks.nanos());
        for (Presence presence : presences) {
            PresenceCounts.Teller teller = (joined, principal, topic) ->
                    tell(presence, joined, principal, topic.equals(WHOLE_HUB) ? null : topic);
            all.add(new Kept(presence, new PresenceCounts(presence, clocks.nanos(), clocks.timer(), teller)));
        }
    }

    // ---- from the lanes, outside the hub's lock

    @Override
    public void opened(Sink sink) {
        String principal = principalOf(sink);
        if (principal != null) {
            atHub(counts -> counts.join(WHOLE_HUB, principal));
        }
    }

    @Override
    public void closed(Sink sink) {
        String principal = principalOf(sink);
        if (principal != null) {
            atHub(counts -> counts.leave(WHOLE_HUB, principal));
        }
    }

    /**
     * The sink has begun to listen by these names and patterns: its position is fixed, and nothing behind it was written
     * yet. So a list of those who are there goes ahead of all that changes it.
     */
    @Override
    public void subscribed(Sink sink, Selector selector) {
        if (all.isEmpty()) {
            return;
        }
        List<String> terms = selector.terms();
        String principal = principalOf(sink);
        if (principal != null) {
            atTopics(terms, (counts, topic) -> counts.join(topic, principal));
        }
        for (Kept kept : all) {
            if (kept.presence.hasEvents()) {
                terms.forEach(term -> list(kept, term, sink));
            }
        }
    }

    /** The sink has ceased to listen by these names and patterns, each of which was given to {@link #subscribed} before. */
    @Override
    public void unsubscribed(Sink sink, Selector selector) {
        String principal = principalOf(sink);
        if (principal != null) {
            atTopics(selector.terms(), (counts, topic) -> counts.leave(topic, principal));
        }
    }

    private @Nullable String principalOf(Sink sink) {
        return all.isEmpty() ? null : sink.identity().principal();
    }

    private void atHub(Consumer<PresenceCounts> change) {
        for (Kept kept : all) {
            if (kept.presence.isOfHub()) {
                change.accept(kept.counts);
            }
        }
    }

    private void atTopics(List<String> terms, BiConsumer<PresenceCounts, String> change) {
        for (String term : terms) {
            for (Kept kept : all) {
                String topic = kept.presence.topicOf(term);
                if (topic != null) {
                    change.accept(kept.counts, topic);
                    break; // the first pattern that stands for it wins
                }
            }
        }
    }

    // ---- what clients are told

    private void list(Kept kept, String term, Sink sink) {
        String topic = kept.presence.topicOfEvents(term);
        if (topic == null && !kept.presence.isEventsOfHub(term)) {
            return;
        }
        List<String> present = kept.counts.members(topic == null ? WHOLE_HUB : topic);
        Event list = Event.of(Presence.PRESENT_EVENT_NAME, PresenceJson.list(topic, present));
        if (!sink.offer(list)) { // which is not bound by a number of events
            sink.send(list);
        }
    }

    private void tell(Presence presence, boolean joined, String principal, @Nullable String topic) {
        if (joined) {
            hub.core().observe(null, observer -> observer.joined(principal, topic));
        } else {
            hub.core().observe(null, observer -> observer.left(principal, topic));
        }
        if (presence.hasEvents()) {
            String name = joined ? Presence.JOIN_EVENT_NAME : Presence.LEAVE_EVENT_NAME;
            publish(presence.eventsOf(topic), Event.of(name, PresenceJson.of(principal, topic)));
        }
    }

    private void publish(String topic, Event event) {
        try {
            hub.publish(topic, event).whenComplete((published, failure) -> {
                if (failure != null && !(failure instanceof ClosedException)) {
                    notPublished(topic, failure);
                }
            });
        } catch (RuntimeException | Error e) { // a name that is too long with what stands before it, say
            notPublished(topic, e);
        }
    }

    private void notPublished(String topic, Throwable failure) {
        if (unpublished.tryAcquire()) {
            log.warn(
                    "presence on {} was not published: {}{}",
                    topic,
                    failure.toString(),
                    unpublished.suppressedSuffix());
        }
    }

    // ---- for those who ask

    Set<String> members() {
        Set<String> principals = new TreeSet<>();
        atHub(counts -> principals.addAll(counts.members(WHOLE_HUB)));
        return principals;
    }

    Set<String> members(String topic) {
        Set<String> principals = new TreeSet<>();
        atTopics(List.of(topic), (counts, counted) -> principals.addAll(counts.members(counted)));
        return principals;
    }

    void close() {
        all.forEach(kept -> kept.counts.close());
    }

    /** For tests. */
    boolean isEmpty() {
        return all.stream().allMatch(kept -> kept.counts.isEmpty());
    }
}
