package io.sluice.sse.hub;

import io.sluice.sse.backplane.Backplane.Change.NodePresence;
import io.sluice.sse.backplane.Backplane.Change.NodePresence.Kind;
import io.sluice.sse.backplane.Backplane.Change.NodePresence.Member;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.hub.core.LogThrottle;
import io.sluice.sse.hub.log.Expirer;
import io.sluice.sse.hub.log.LogOptions;
import io.sluice.sse.topic.Publication;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The presence of all nodes of a hub that has a backplane. Each node reports there which principals join and leave its
 * own presence. All nodes read these reports in the same order, their own included, and count at how many nodes each
 * principal is. So they agree on the first and on the last one, and each of them makes the event for its clients from
 * that report, with the position of the report.
 *
 * <p>A node that begins, or may have missed reports, asks the others for their complete states. A node that was killed
 * reports nothing any more: it has left when this node has read three of its own signs of life since the last report of
 * that one. So no clock is compared, and no principal leaves while the backplane is away. What such a difference
 * changes has no position, so the clients of those topics get the list of the present principals again.
 *
 * <p>In the same way the nodes learn how many streams each principal has at the others ({@link SharedStreams}).
 *
 * <p>Thread-safe. What a node knows of the others is bounded.
 */
final class SharedPresence {

    private static final Logger log = LoggerFactory.getLogger(Hub.class);

    /** So many members of other nodes are known at most. */
    static final int MAX_MEMBERS = 1_000_000;

    /** So many bytes of members are in a part of the state at first, and at most so many members. */
    private static final int MAX_BYTES_PER_PART = 64 << 10;

    private static final int MAX_MEMBERS_PER_PART = 500;
    private static final int BEATS_TO_EXPIRY = 3;
    /** The time until a state is sent or asked for. Several reasons for that may come together. */
    private static final long SOON_NANOS = Duration.ofMillis(50).toNanos();

    /** What this part needs of the hub and its presences. */
    interface Surroundings {

        /** Counts the members of all nodes; null if the hub does not count them. */
        @Nullable
        PresenceCounts countsOf(Member member);

        /** The event of a join or leave; null if clients get none. */
        @Nullable
        Publication event(Member member, boolean joined);

        /** Clients get the list of this topic again. */
        void changedWithoutEvent(Member member);
    }

    /** What is known of a node. Guarded by this. */
    private static final class Node {
        final boolean isOwn;
        final Set<Member> members = new HashSet<>();
        /** The parts of a state of which the last one has not come. */
        final List<Member> parts = new ArrayList<>();
        /** The part that comes next; a state with a hole is not applied. */
        int nextPart;

        /** The own signs of life when it reported something last. */
        long heardAtBeat;

        Node(boolean isOwn) {
            this.isOwn = isOwn;
        }
    }

    private final Function<NodePresence, CompletionStage<Void>> append;
    private final Surroundings surroundings;
    private final Expirer.Timer timer;
    private final long beatNanos;
    private final LogThrottle tooMany;
    private final LogThrottle tooLarge;
    private final SharedStreams streams;
    private final String name = Long.toString(new SecureRandom().nextLong() >>> 1, 36);

    // Guarded by this.
    private final Map<String, Node> nodes = new HashMap<>();
    private int known;
    private long beats;

    /** Guards {@link #own}, and is held while a change of it is appended, so that reports have the same order. */
    private final Object sending = new Object();
    /** What is present here, as it was reported. */
    private final Set<Member> own = new LinkedHashSet<>();
    /**
     * How many bytes the members in a part of the state may have. A backplane that takes only smaller entries lowers it
     * to what it takes, which the number of members does not tell: a long name must not cut all others apart.
     */
    private long bytesPerPart = MAX_BYTES_PER_PART;

    private final AtomicBoolean sendsState = new AtomicBoolean();
    private final AtomicBoolean asks = new AtomicBoolean(true);
    private final AtomicBoolean isSoon = new AtomicBoolean();
    private volatile boolean closed;
    private volatile Runnable cancel = () -> {};

    SharedPresence(
            Function<NodePresence, CompletionStage<Void>> append,
            Surroundings surroundings,
            LogOptions.Clocks clocks,
            BooleanSupplier isAway,
            LongSupplier head,
            Duration expiry) {
        this.append = append;
        this.surroundings = surroundings;
        this.timer = clocks.timer();
        this.beatNanos = expiry.toNanos() / BEATS_TO_EXPIRY;
        this.tooMany = new LogThrottle(clocks.nanos());
        this.tooLarge = new LogThrottle(clocks.nanos());
        this.streams = new SharedStreams(name, this::changedHere, isAway, head, timer);
    }

    /** The streams of principals, for limits. */
    SharedStreams streams() {
        return streams;
    }

    // ---- to the backplane

    /** The hub is open. From now on this node reports that it is alive. */
    void start() {
        beat();
    }

    /** A principal has joined or left the presence of this node. */
    void changedHere(Member member, boolean joined) {
        synchronized (sending) {
            boolean isChange = joined ? own.add(member) : own.remove(member);
            if (isChange && !closed) {
                send(new NodePresence(name, joined ? Kind.JOINED : Kind.LEFT, List.of(member), 0, 1));
            }
        }
    }

    private void beat() {
        if (closed) {
            return;
        }
        if (!asks.get() && !sendsState.get()) { // these are signs of life, too
            send(new NodePresence(name, Kind.ALIVE, List.of(), 0, 1));
        }
        sendWhatIsNeeded();
        cancel = timer.schedule(this::beat, beatNanos);
    }

    private void sendWhatIsNeeded() {
        isSoon.set(false);
        if (closed) {
            return;
        }
        if (asks.getAndSet(false)) {
            send(new NodePresence(name, Kind.ASKS, List.of(), 0, 1));
        }
        if (sendsState.getAndSet(false)) {
            synchronized (sending) {
                sendState();
            }
        }
    }

    private void sendState() {
        List<List<Member>> parts = parts(own, bytesPerPart);
        for (int part = 0; part < parts.size(); part++) {
            send(new NodePresence(name, Kind.STATE, parts.get(part), part, parts.size()));
        }
    }

    /** At least one part. A member that is larger than a part has one of its own. */
    static List<List<Member>> parts(Iterable<Member> members, long maxBytes) {
        List<List<Member>> parts = new ArrayList<>();
        List<Member> part = new ArrayList<>();
        long bytes = 0;
        for (Member member : members) {
            long size = sizeOf(member);
            if (!part.isEmpty() && (bytes + size > maxBytes || part.size() >= MAX_MEMBERS_PER_PART)) {
                parts.add(part);
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(member);
            bytes += size;
        }
        parts.add(part);
        return parts;
    }

    /** About as many bytes as the member has in an entry. */
    private static long sizeOf(Member member) {
        return 2L + member.topic().length() + member.principal().length();
    }

    private void send(NodePresence report) {
        try {
            append.apply(report).whenComplete((done, failure) -> {
                if (failure instanceof BackplaneException refused && refused.isTooLarge()) {
                    tooLarge(report);
                } else if (failure != null) {
                    failed(report.kind());
                }
            });
        } catch (RuntimeException e) { // the hub is closed
            log.debug("presence was not reported to the other nodes", e);
        }
    }

    /** It is sent again with the next sign of life: the backplane may be away. */
    private void failed(Kind kind) {
        if (kind == Kind.ASKS) {
            asks.set(true);
        } else if (kind != Kind.ALIVE) {
            sendsState.set(true);
        }
    }

    private static long sizeOf(List<Member> members) {
        return members.stream().mapToLong(SharedPresence::sizeOf).sum();
    }

    /** A part of a state is sent again in smaller parts. A member that does not fit is known to this node only. */
    private void tooLarge(NodePresence report) {
        List<Member> members = report.members();
        synchronized (sending) {
            if (members.size() > 1) {
                bytesPerPart = Math.min(bytesPerPart, sizeOf(members) / 2);
            } else if (own.removeAll(members) && tooLarge.tryAcquire()) {
                log.warn(
                        "presence: a principal with a name of {} characters is not present at other nodes, since the"
                                + " backplane takes no entry of this size{}",
                        members.get(0).principal().length(),
                        tooLarge.suppressedSuffix());
            }
        }
        if (report.kind() == Kind.STATE && !members.isEmpty()) {
            sendStateSoon();
        }
    }

    /** This takes no lock, since the backplane may be in the middle of a message. */
    private void sendStateSoon() {
        sendsState.set(true);
        if (!isSoon.getAndSet(true) && !closed) {
            timer.schedule(this::sendWhatIsNeeded, SOON_NANOS);
        }
    }

    /** The principals of all nodes leave the presence of this hub. */
    void close() {
        synchronized (sending) {
            if (closed) {
                return;
            }
            closed = true;
            cancel.run();
            send(new NodePresence(name, Kind.ENDS, List.of(), 0, 1));
        }
        synchronized (this) {
            nodes.values().forEach(node -> replace(node, Set.of()));
            nodes.clear();
        }
    }

    // ---- from the backplane, on its thread

    /** Reports may be lost. */
    void reportsLost() {
        asks.set(true);
        sendStateSoon();
    }

    /**
     * A node has reported something.
     *
     * @return the event that clients get for it, or null
     */
    @Nullable
    Publication received(NodePresence report) {
        boolean isOwn = report.node().equals(name);
        boolean isUnknown;
        Publication event;
        synchronized (this) {
            Node node = nodes.get(report.node());
            isUnknown = node == null && !isOwn;
            if (closed || (node == null && report.kind() == Kind.ENDS)) {
                return null;
            }
            if (node == null) {
                node = new Node(isOwn);
                nodes.put(report.node(), node);
            }
            if (isOwn && (report.kind() == Kind.ALIVE || report.kind() == Kind.ASKS)) {
                beats++;
                expire();
            }
            node.heardAtBeat = beats;
            event = apply(report, node);
        }
        boolean isPart = report.kind() == Kind.ALIVE || report.kind() == Kind.JOINED || report.kind() == Kind.LEFT;
        if (isUnknown && isPart) {
            reportsLost(); // the node has expired here, or its state was missed
        } else if (report.kind() == Kind.ASKS && !isOwn) {
            sendStateSoon();
        }
        return event;
    }

    private @Nullable Publication apply(NodePresence report, Node node) {
        switch (report.kind()) {
            case JOINED, LEFT -> {
                boolean joined = report.kind() == Kind.JOINED;
                Member member = report.members().get(0);
                return change(node, member, joined) ? surroundings.event(member, joined) : null;
            }
            case STATE -> applyState(report, node);
            case ENDS -> {
                nodes.remove(report.node());
                replace(node, Set.of());
            }
            case ALIVE, ASKS -> {}
        }
        return null;
    }

    private void applyState(NodePresence report, Node node) {
        if (report.part() == 0) {
            node.parts.clear();
            node.nextPart = 0;
        }
        if (report.part() != node.nextPart) { // a part was refused, or was lost
            node.nextPart = -1;
            asks.set(true);
            return;
        }
        node.nextPart++;
        if (known - node.members.size() + node.parts.size() <= MAX_MEMBERS) {
            node.parts.addAll(report.members());
        }
        if (report.part() == report.parts() - 1) {
            replace(node, new HashSet<>(node.parts));
            node.parts.clear();
        }
    }

    private void replace(Node node, Set<Member> members) {
        for (Member gone : List.copyOf(node.members)) {
            if (!members.contains(gone) && change(node, gone, false)) {
                surroundings.changedWithoutEvent(gone);
            }
        }
        for (Member come : members) {
            if (change(node, come, true)) {
                surroundings.changedWithoutEvent(come);
            }
        }
    }

    /** @return whether the principal was at no other node; false for a stream, of which clients get no event */
    private boolean change(Node node, Member member, boolean joined) {
        boolean isStream = SharedStreams.isStream(member);
        PresenceCounts counts = isStream ? null : surroundings.countsOf(member);
        if (counts == null && !isStream) {
            return false;
        }
        if (joined && known >= MAX_MEMBERS) {
            if (tooMany.tryAcquire()) {
                log.warn("presence: more than {} members at all nodes, the rest is not counted", MAX_MEMBERS);
            }
            return false;
        }
        if (joined ? !node.members.add(member) : !node.members.remove(member)) {
            return false;
        }
        known += joined ? 1 : -1;
        if (counts == null) {
            if (!node.isOwn) {
                streams.changedElsewhere(member, joined);
            }
            return false;
        }
        return joined
                ? counts.join(member.topic(), member.principal())
                : counts.leave(member.topic(), member.principal());
    }

    private void expire() {
        for (Iterator<Map.Entry<String, Node>> all = nodes.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<String, Node> each = all.next();
            if (!each.getKey().equals(name) && beats - each.getValue().heardAtBeat >= BEATS_TO_EXPIRY) {
                all.remove();
                log.info("presence: node {} has reported nothing for too long", each.getKey());
                replace(each.getValue(), Set.of());
            }
        }
    }
}
