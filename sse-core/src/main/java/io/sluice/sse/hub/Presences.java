package io.sluice.sse.hub;

import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.core.LogThrottle;
import io.sluice.sse.hub.core.PresenceListener;
import io.sluice.sse.hub.log.Expirer;
import io.sluice.sse.hub.log.LogOptions;
import io.sluice.sse.topic.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

    /** The time until the list of a topic is sent after a change that was not published. More changes may follow. */
    private static final long REPAIR_NANOS = Duration.ofSeconds(1).toNanos();

    private record Counted(Presence presence, PresenceCounts counts) {}

    private final Hub hub;
    private final List<Counted> all = new ArrayList<>();
    private final LogThrottle unpublished;
    private final Expirer.Timer timer;

    /** The presence topics whose last change was not published. Guarded by this set, as is the field below. */
    private final Set<String> stale = new HashSet<>();
    /** Cancels the timer that sends their lists. */
    private Runnable repair = () -> {};

    Presences(Hub hub, List<Presence> presences, LogOptions.Clocks clocks) {
        this.hub = hub;
        this.timer = clocks.timer();
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
            new ListsToSend(sink, listsOf(selector.terms())).begin();
        }
    }

    private void sendLists(List<String> terms, Sink sink) {
        for (Supplier<Event> list : listsOf(terms)) {
            Event present = list.get();
            if (!sink.offer(present)) { // an offered event is never dropped, but needs a writable sink
                sink.send(present);
            }
        }
    }

    /** The lists of the presence topics among these terms, as they are when they are asked for. */
    private List<Supplier<Event>> listsOf(List<String> terms) {
        List<Supplier<Event>> lists = new ArrayList<>();
        for (Counted counted : all) {
            for (String term : counted.presence.hasEvents() ? terms : List.<String>of()) {
                String topic = counted.presence.topicOfEvents(term);
                if (topic != null || counted.presence.isEventsOfHub(term)) {
                    lists.add(() -> listOf(counted, topic));
                }
            }
        }
        return lists;
    }

    /**
     * Lists for a client that has missed changes. It is slow, so each list waits until the client reads; it is made
     * only then. The queue of direct sends, and its policy, are not used: an overflow would end the stream that goes
     * on.
     */
    private static final class ListsToSend implements Runnable {
        private final Sink sink;
        private final Iterator<Supplier<Event>> lists;
        /** The next list. One thread at a time uses it: first the lane, then the serial user code of the sink. */
        private @Nullable Supplier<Event> next;

        private final CompletableFuture<Registration> listener = new CompletableFuture<>();

        ListsToSend(Sink sink, List<Supplier<Event>> lists) {
            this.sink = sink;
            this.lists = lists.iterator();
        }

        void begin() {
            if (!sendWhileWritable()) {
                listener.complete(sink.onWritable(this));
            }
        }

        @Override
        public void run() {
            if (sendWhileWritable()) {
                listener.thenAccept(Registration::cancel);
            }
        }

        /** @return whether all are sent */
        private boolean sendWhileWritable() {
            while (next != null || lists.hasNext()) {
                Supplier<Event> list = next == null ? lists.next() : next;
                next = list;
                if (!sink.offer(list.get())) {
                    return false;
                }
                next = null;
            }
            return true;
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

    private static Event listOf(Counted counted, @Nullable String topic) {
        List<String> present = counted.counts.members(topic == null ? WHOLE_HUB : topic);
        return Event.of(Presence.PRESENT_EVENT_NAME, PresenceJson.list(topic, present));
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

    /** The subscribers of the topic have missed a change, so they get the list again, soon. */
    private void notPublished(String topic, Throwable failure) {
        synchronized (stale) {
            if (stale.isEmpty()) {
                repair = timer.schedule(this::repair, REPAIR_NANOS);
            }
            stale.add(topic);
        }
        if (unpublished.tryAcquire()) {
            log.warn(
                    "presence on {} was not published: {}{}",
                    topic,
                    failure.toString(),
                    unpublished.suppressedSuffix());
        }
    }

    private void repair() {
        Set<String> topics;
        synchronized (stale) {
            topics = Set.copyOf(stale);
            stale.clear();
            repair = () -> {};
        }
        hub.sinks(null, Integer.MAX_VALUE)
                .thenAccept(infos -> infos.forEach(info -> {
                    List<String> terms =
                            info.topics().stream().filter(topics::contains).toList();
                    if (!terms.isEmpty()) {
                        new ListsToSend(info.sink(), listsOf(terms)).begin();
                    }
                }));
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
        synchronized (stale) {
            repair.run();
        }
        all.forEach(counted -> counted.counts.close());
    }

    /** For tests. */
    boolean isEmpty() {
        return all.stream().allMatch(counted -> counted.counts.isEmpty());
    }
}
