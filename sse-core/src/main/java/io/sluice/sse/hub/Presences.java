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
 * The presences of a hub. The lanes report here which sinks open, close and subscribe; it reports joins and leaves to
 * the observer and to the presence topics. Reports that are not made on a lane are made by the hub's timer, outside
 * every lock. Thread-safe.
 */
final class Presences implements PresenceListener {

    private static final Logger log = LoggerFactory.getLogger(Hub.class);
    /** The name under which the whole hub is counted. No topic has it. */
    private static final String WHOLE_HUB = "";

    private record Counted(Presence presence, PresenceCounts counts) {}

    private final Hub hub;
    private final List<Counted> all = new ArrayList<>();
    private final LogThrottle unpublished;

    Presences(Hub hub, List<Presence> presences, LogOptions.Clocks clocks) {
        this.hub = hub;
        this.unpublished = new LogThrottle(clocks.nanos());
        for (Presence presence : presences) {
            PresenceCounts.Reporter reporter = (joined, principal, topic) ->
                    report(presence, joined, principal, topic.equals(WHOLE_HUB) ? null : topic);
            all.add(new Counted(presence, new PresenceCounts(presence, clocks.nanos(), clocks.timer(), reporter)));
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
     * The position of the subscription is fixed, and nothing after it has been written yet. So the list of present
     * principals, which is sent directly, reaches the client before all events that change it.
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
        sendLists(terms, sink);
    }

    /** The client may have missed joins and leaves, so it gets the lists again. */
    @Override
    public void missed(Sink sink, Selector selector) {
        if (!all.isEmpty()) {
            sendLists(selector.terms(), sink);
        }
    }

    private void sendLists(List<String> terms, Sink sink) {
        for (Counted counted : all) {
            if (counted.presence.hasEvents()) {
                terms.forEach(term -> sendList(counted, term, sink));
            }
        }
    }

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
        for (Counted counted : all) {
            if (counted.presence.isOfHub()) {
                change.accept(counted.counts);
            }
        }
    }

    private void atTopics(List<String> terms, BiConsumer<PresenceCounts, String> change) {
        for (String term : terms) {
            for (Counted counted : all) {
                String topic = counted.presence.topicOf(term);
                if (topic != null) {
                    change.accept(counted.counts, topic);
                    break; // the first pattern that matches wins
                }
            }
        }
    }

    // ---- what is reported

    private void sendList(Counted counted, String term, Sink sink) {
        String topic = counted.presence.topicOfEvents(term);
        if (topic == null && !counted.presence.isEventsOfHub(term)) {
            return;
        }
        List<String> present = counted.counts.members(topic == null ? WHOLE_HUB : topic);
        Event list = Event.of(Presence.PRESENT_EVENT_NAME, PresenceJson.list(topic, present));
        if (!sink.offer(list)) { // an offered event is never dropped, but needs a writable sink
            sink.send(list);
        }
    }

    private void report(Presence presence, boolean joined, String principal, @Nullable String topic) {
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
        } catch (RuntimeException | Error e) { // for example, the name is too long with its prefix
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

    // ---- for the hub

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
        all.forEach(counted -> counted.counts.close());
    }

    /** For tests. */
    boolean isEmpty() {
        return all.stream().allMatch(counted -> counted.counts.isEmpty());
    }
}
