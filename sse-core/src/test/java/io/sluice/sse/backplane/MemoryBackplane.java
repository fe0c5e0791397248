package io.sluice.sse.backplane;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A sequence in memory that several hubs of a test share. A change is delivered to all of them by its publisher, or to
 * each node after a delay of its own. A test may also hold a node, which then reads nothing until it is released.
 */
final class MemoryBackplane implements AutoCloseable {

    private static final long BEGIN = 1000;

    /** The first node reads after this time, the second one after twice the time, and so on. Zero is at once. */
    private final long delayMicros;

    /** Its one thread delivers in order: what a node reads later is scheduled later, with the same delay. */
    private final @Nullable ScheduledExecutorService timer;

    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, String> chosenIds = new HashMap<>();
    private long position = BEGIN;
    private @Nullable Long epoch;
    /** Every event and removal, by its position. */
    private final TreeMap<Long, Kept> kept = new TreeMap<>();
    /** The position up to which nothing is kept. */
    private long trimmed;
    /** What was deleted from the middle. */
    private final TreeSet<Long> deleted = new TreeSet<>();

    /** What is kept of a change. */
    private record Kept(
            Backplane.Change change,
            long timeMillis,
            @Nullable Node by) {}

    /** Whether nodes can read again what is kept. */
    boolean readable;
    /** How many pages were read. */
    int reads;
    /** Called before each page is read, without the lock. */
    volatile Runnable onRead = () -> {};
    /** How many characters a report of presence may have. */
    int reportCharacters = Integer.MAX_VALUE;
    /** How many changes were refused because the backplane is away, or because they are too large. */
    final AtomicInteger refused = new AtomicInteger();

    @Nullable
    String unavailable;

    MemoryBackplane() {
        this(Duration.ZERO);
    }

    MemoryBackplane(Duration delay) {
        delayMicros = TimeUnit.NANOSECONDS.toMicros(delay.toNanos());
        timer = delayMicros == 0 ? null : Executors.newSingleThreadScheduledExecutor();
    }

    @Override
    public void close() {
        if (timer != null) {
            timer.shutdownNow();
        }
    }

    /** From now on the node with this number, from zero, reads nothing. */
    synchronized void hold(int node) {
        nodes.get(node).held = new ArrayDeque<>();
    }

    /** The node reads this many messages that it was held from, and stays held. */
    synchronized void release(int node, int messages) {
        Queue<Runnable> held = Objects.requireNonNull(nodes.get(node).held);
        for (int i = 0; i < messages; i++) {
            held.remove().run();
        }
    }

    /** What the node was held from is lost for it. */
    synchronized void dropHeld(int node) {
        nodes.get(node).held = null;
    }

    /** The node reads everything that it was held from, and is not held any more. */
    synchronized void releaseAll(int node) {
        Queue<Runnable> held = Objects.requireNonNull(nodes.get(node).held);
        nodes.get(node).held = null;
        held.forEach(Runnable::run);
    }

    /** The position of the last change. */
    synchronized long position() {
        return position;
    }

    /** The node with this number was killed: it reads nothing and appends nothing any more. */
    synchronized void kill(int node) {
        nodes.remove(node).killed = true;
    }

    Backplane node() {
        return new Node();
    }

    /** The newest changes are deleted, so many positions. */
    synchronized void deleteNewest(int positions) {
        for (int i = 0; i < positions; i++) {
            deleted.add(position - i);
            kept.remove(position - i);
        }
    }

    /** The node connects, which it could not when it was opened. */
    synchronized void begin(Backplane node) {
        ((Node) node).begin();
    }

    /** The sequence keeps nothing up to now. A node is notified of it, or finds it when it reads. */
    synchronized void trim(boolean notifies) {
        trimmed = position;
        kept.clear();
        if (notifies) {
            nodes.forEach(node -> node.read(() -> node.receiver().trimmed(trimmed, System.currentTimeMillis())));
        }
    }

    private synchronized Backplane.Page read(Node by, long after, long upTo, int changes, boolean newest) {
        reads++;
        if (unavailable != null) {
            throw BackplaneException.notRead(unavailable, null);
        }
        long from = Math.max(after, Math.min(upTo, trimmed));
        List<Backplane.Entry> entries = new ArrayList<>();
        SortedMap<Long, Kept> range = kept.subMap(from + 1, upTo + 1);
        long to = upTo;
        if (newest) {
            from = range.isEmpty() ? upTo : from;
            if (range.size() > changes) {
                List<Long> positions = List.copyOf(range.keySet());
                from = positions.get(positions.size() - changes) - 1;
            }
        } else {
            while (from < upTo && deleted.contains(from + 1)) {
                from++;
            }
            Long hole = deleted.higher(from);
            to = hole == null ? upTo : Math.min(upTo, hole - 1);
        }
        for (Map.Entry<Long, Kept> each : kept.subMap(from + 1, to + 1).entrySet()) {
            if (entries.size() == changes) {
                to = each.getKey() - 1;
                break;
            }
            Kept change = each.getValue();
            entries.add(
                    new Backplane.Entry(each.getKey(), change.change(), change.timeMillis(), change.by() == by, null));
        }
        return new Backplane.Page(entries, from, to);
    }

    private void keep(long first, Backplane.Change change, long timeMillis, @Nullable Node by) {
        long time = timeMillis == 0 ? System.currentTimeMillis() : timeMillis;
        if (change instanceof Backplane.Change.Events events) {
            for (int i = 0; i < events.publications().size(); i++) {
                if (!events.duplicates().containsKey(i)) {
                    Backplane.Change one = new Backplane.Change.Events(
                            List.of(events.publications().get(i)));
                    kept.put(first + i, new Kept(one, time, by));
                }
            }
        } else {
            kept.put(first, new Kept(change, time, by));
        }
    }

    /** Whatever was published up to here may be lost. */
    synchronized void lose() {
        position += 1L << 40; // as a real one that begins a new epoch
        long upTo = position;
        nodes.forEach(node -> node.read(() -> node.receiver().lost(upTo)));
    }

    /** The same for one node, which has not read everything. */
    synchronized void lose(int node) {
        nodes.get(node).receiver().lost(position);
    }

    /** Events that another program has appended. */
    synchronized void appendForeign(Backplane.Change change) {
        append(change, 0, null, null);
    }

    /** An entry that the nodes load long after it was appended. */
    synchronized void load(Backplane.Change change, long timeMillis) {
        append(change, timeMillis, null, null);
    }

    private synchronized void append(
            Backplane.Change change, long timeMillis, @Nullable Node by, Backplane.@Nullable Receipt receipt) {
        Backplane.Change known = change;
        long first = position + 1;
        position = first;
        if (change instanceof Backplane.Change.Events events) {
            position = position + events.publications().size() - 1;
            known = withDuplicates(events);
        }
        long upTo = position;
        Backplane.Change decided = known;
        keep(first, decided, timeMillis, by);
        for (Node node : List.copyOf(nodes)) {
            Backplane.Entry entry =
                    new Backplane.Entry(first, decided, timeMillis, node == by, node == by ? receipt : null);
            node.read(() -> node.skipped += node.receiver().received(List.of(entry), upTo));
        }
    }

    private static int charactersOf(Backplane.Change change) {
        return change instanceof Backplane.Change.NodePresence report
                ? report.members().stream()
                        .mapToInt(
                                each -> each.topic().length() + each.principal().length())
                        .sum()
                : 0;
    }

    private Backplane.Change withDuplicates(Backplane.Change.Events events) {
        Map<Integer, String> duplicates = new HashMap<>();
        for (int i = 0; i < events.publications().size(); i++) {
            String id = events.publications().get(i).event().id();
            if (id != null) {
                String topic = events.publications().get(i).topic();
                String earlier = chosenIds.putIfAbsent(id, topic);
                if (earlier != null) {
                    duplicates.put(i, earlier);
                }
            }
        }
        return new Backplane.Change.Events(events.publications(), duplicates);
    }

    private final class Node implements Backplane {

        private @Nullable Receiver opened;
        private volatile int skipped;
        private @Nullable Queue<Runnable> held;
        private long delay;
        private volatile boolean killed;

        /** Takes a message now, or later as this node reads. Under the lock of the backplane. */
        void read(Runnable message) {
            if (held != null) {
                held.add(message);
            } else if (timer == null) {
                message.run();
            } else {
                timer.schedule(message, delay, TimeUnit.MICROSECONDS);
            }
        }

        Receiver receiver() {
            if (opened == null) {
                throw new IllegalStateException("not opened");
            }
            return opened;
        }

        @Override
        public void open(Receiver receiver, long newEpoch) {
            synchronized (MemoryBackplane.this) {
                opened = receiver;
                epoch = epoch == null ? newEpoch : epoch;
                if (unavailable == null) {
                    begin();
                }
            }
        }

        void begin() {
            long lastMillis = position == BEGIN ? 0 : System.currentTimeMillis();
            receiver().begin(Objects.requireNonNull(epoch), position, lastMillis);
            if (trimmed > 0) {
                receiver().trimmed(trimmed, System.currentTimeMillis());
            }
            nodes.add(this);
            delay = delayMicros * nodes.size();
        }

        @Override
        public void append(Change change, Receipt receipt) {
            if (killed) {
                return;
            }
            if (unavailable != null) {
                refused.incrementAndGet();
                receipt.failed(BackplaneException.notPublished(unavailable, null));
            } else if (charactersOf(change) > reportCharacters) {
                refused.incrementAndGet();
                receipt.failed(BackplaneException.tooLarge("a report of presence"));
            } else {
                MemoryBackplane.this.append(change, 0, this, receipt);
            }
        }

        @Override
        public void refused(Change.Events events) {
            synchronized (MemoryBackplane.this) {
                for (int i = 0; i < events.publications().size(); i++) {
                    if (!events.duplicates().containsKey(i)) {
                        chosenIds.remove(events.publications().get(i).event().id());
                    }
                }
            }
        }

        @Override
        public boolean isReadable() {
            return readable;
        }

        @Override
        public Page read(long after, long upTo, int changes, boolean newest) {
            onRead.run();
            return MemoryBackplane.this.read(this, after, upTo, changes, newest);
        }

        @Override
        public Status status() {
            return new Status(unavailable, 0, 0, 0, 0, 0, skipped);
        }

        @Override
        public void close() {
            synchronized (MemoryBackplane.this) {
                nodes.remove(this);
            }
        }
    }
}
