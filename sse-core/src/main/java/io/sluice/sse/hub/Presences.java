package io.sluice.sse.hub;

import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.Sink;
import io.sluice.sse.backplane.Backplane.Change.NodePresence.Member;
import io.sluice.sse.hub.core.LogThrottle;
import io.sluice.sse.hub.core.PresenceListener;
import io.sluice.sse.hub.lane.PrincipalStreams;
import io.sluice.sse.hub.log.Expirer;
import io.sluice.sse.hub.log.LogOptions;
import io.sluice.sse.hub.log.SharedSequencer;
import io.sluice.sse.topic.Publication;
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

    /** @param everywhere the members of all nodes, in a hub with a backplane */
    private record Counted(Presence presence, PresenceCounts counts, PresenceCounts everywhere) {

        Set<String> members(String topic) {
            Set<String> all = new TreeSet<>(counts.members(topic));
            all.addAll(everywhere.members(topic));
            return all;
        }
    }

    private final Hub hub;
    private final List<Counted> all = new ArrayList<>();
    private final LogThrottle unpublished;
    private final LogOptions.Clocks clocks;
    /** Joins this presence to that of the other nodes; null without a backplane, or while nothing needs
     * it. */
    private volatile @Nullable SharedPresence shared;
    /** What {@link #shared} needs; null without a backplane. Set before the hub is used. */
    private @Nullable Supplier<SharedPresence> newShared;

    private final Expirer.Timer timer;

    /** The presence topics whose last change was not published. Guarded by this set, as is the field below. */
    private final Set<String> stale = new HashSet<>();
    /** Cancels the timer that sends their lists. */
    private Runnable repair = () -> {};

    Presences(Hub hub, List<Presence> presences, LogOptions.Clocks clocks) {
        this.hub = hub;
        this.timer = clocks.timer();
        this.clocks = clocks;
        this.unpublished = new LogThrottle(clocks.nanos());
        for (Presence presence : presences) {
            all.add(new Counted(
                    presence,
                    new PresenceCounts(
                            presence,
                            clocks.nanos(),
                            clocks.timer(),
                            (joined, principal, topic) -> report(presence, joined, principal, topic)),
                    new PresenceCounts(
                            presence.withGracePeriod(Duration.ZERO),
                            clocks.nanos(),
                            clocks.timer(),
                            (joined, principal, topic) -> observe(joined, principal, nameOf(topic)))));
        }
    }

    private static @Nullable String nameOf(String topic) {
        return topic.equals(WHOLE_HUB) ? null : topic;
    }

    /** Joins the presence of this node to that of the others. Called before the hub is used. */
    void share(SharedSequencer sequencer, Duration expiry) {
        newShared = () -> new SharedPresence(
                sequencer::report,
                new OfAllNodes(),
                clocks,
                () -> sequencer.status().unavailable() != null,
                sequencer::head,
                expiry);
        if (!all.isEmpty()) {
            shared = newShared.get();
        }
    }

    /** The streams of principals at all nodes; null without a backplane. From now on this node reports its own. */
    synchronized @Nullable PrincipalStreams streams() {
        Supplier<SharedPresence> making = newShared;
        SharedPresence present = shared;
        if (present == null && making != null) {
            present = making.get();
            shared = present;
            present.start();
        }
        return present == null ? null : present.streams();
    }

    @Nullable
    SharedPresence shared() {
        return shared;
    }

    /** What the presence of all nodes needs of this one. */
    private final class OfAllNodes implements SharedPresence.Surroundings {

        private @Nullable Counted counted(Member member) {
            @Nullable Counted[] found = {null};
            if (member.topic().equals(WHOLE_HUB)) {
                all.stream().filter(each -> each.presence.isOfHub()).forEach(each -> found[0] = each);
            } else {
                atTopics(List.of(member.topic()), (each, topic) -> found[0] = each);
            }
            return found[0];
        }

        @Override
        public @Nullable PresenceCounts countsOf(Member member) {
            Counted counted = counted(member);
            return counted == null ? null : counted.everywhere;
        }

        @Override
        public @Nullable Publication event(Member member, boolean joined) {
            Counted counted = counted(member);
            if (counted == null || !counted.presence.hasEvents()) {
                return null;
            }
            String topic = nameOf(member.topic());
            try {
                return new Publication(counted.presence.eventsOf(topic), eventOf(joined, member.principal(), topic));
            } catch (IllegalArgumentException e) { // the name is too long with its prefix
                logUnpublished(counted.presence.eventsOf(topic), e);
                return null;
            }
        }

        @Override
        public void changedWithoutEvent(Member member) {
            Counted counted = counted(member);
            if (counted != null && counted.presence.hasEvents()) {
                sendListSoon(counted.presence.eventsOf(nameOf(member.topic())));
            }
        }
    }

    // ---- from the lanes, outside the hub's lock

    @Override
    public void opened(Sink sink) {
        String principal = principalOf(sink);
        if (principal != null) {
            atHub(counted -> counted.counts.join(WHOLE_HUB, principal));
        }
    }

    @Override
    public void closed(Sink sink) {
        String principal = principalOf(sink);
        if (principal != null) {
            atHub(counted -> counted.counts.leave(WHOLE_HUB, principal));
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
            atTopics(terms, (counted, topic) -> counted.counts.join(topic, principal));
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
            atTopics(selector.terms(), (counted, topic) -> counted.counts.leave(topic, principal));
        }
    }

    private @Nullable String principalOf(Sink sink) {
        return all.isEmpty() ? null : sink.identity().principal();
    }

    private void atHub(Consumer<Counted> action) {
        for (Counted counted : all) {
            if (counted.presence.isOfHub()) {
                action.accept(counted);
            }
        }
    }

    private void atTopics(List<String> terms, BiConsumer<Counted, String> action) {
        for (String term : terms) {
            for (Counted counted : all) {
                String topic = counted.presence.topicOf(term);
                if (topic != null) {
                    action.accept(counted, topic);
                    break; // the first pattern that matches wins
                }
            }
        }
    }

    // ---- what is reported

    private static Event listOf(Counted counted, @Nullable String topic) {
        List<String> present = List.copyOf(counted.members(topic == null ? WHOLE_HUB : topic));
        return Event.of(Presence.PRESENT_EVENT_NAME, PresenceJson.list(topic, present));
    }

    private static Event eventOf(boolean joined, String principal, @Nullable String topic) {
        String name = joined ? Presence.JOIN_EVENT_NAME : Presence.LEAVE_EVENT_NAME;
        return Event.of(name, PresenceJson.of(principal, topic));
    }

    private void report(Presence presence, boolean joined, String principal, String key) {
        SharedPresence everywhere = shared;
        if (everywhere != null) {
            everywhere.changedHere(new Member(key, principal), joined);
            return;
        }
        String topic = nameOf(key);
        observe(joined, principal, topic);
        if (presence.hasEvents()) {
            publish(presence.eventsOf(topic), eventOf(joined, principal, topic));
        }
    }

    private void observe(boolean joined, String principal, @Nullable String topic) {
        if (joined) {
            hub.core().observe(null, observer -> observer.joined(principal, topic));
        } else {
            hub.core().observe(null, observer -> observer.left(principal, topic));
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
        sendListSoon(topic);
        logUnpublished(topic, failure);
    }

    private void sendListSoon(String topic) {
        synchronized (stale) {
            if (stale.isEmpty()) {
                repair = timer.schedule(this::repair, REPAIR_NANOS);
            }
            stale.add(topic);
        }
    }

    private void logUnpublished(String topic, Throwable failure) {
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
        atHub(counted -> principals.addAll(counted.members(WHOLE_HUB)));
        return principals;
    }

    Set<String> members(String topic) {
        Set<String> principals = new TreeSet<>();
        atTopics(List.of(topic), (counted, name) -> principals.addAll(counted.members(name)));
        return principals;
    }

    void close() {
        synchronized (stale) {
            repair.run();
        }
        SharedPresence everywhere = shared;
        if (everywhere != null) {
            everywhere.close();
        }
        all.forEach(counted -> {
            counted.counts.close();
            counted.everywhere.close();
        });
    }

    /** For tests. */
    boolean isEmpty() {
        return all.stream().allMatch(counted -> counted.counts.isEmpty() && counted.everywhere.isEmpty());
    }
}
