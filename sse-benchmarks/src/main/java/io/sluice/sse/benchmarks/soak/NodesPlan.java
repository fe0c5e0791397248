package io.sluice.sse.benchmarks.soak;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The events of one round: to which topic and by which publisher each is published, and what has come of it. The
 * clients report on one event loop; other threads read the counts.
 */
final class NodesPlan {

    /** Different faults of what the clients have received. */
    enum Fault {
        /** An event of another topic or of another round. */
        FOREIGN,
        /** An event came twice, or after a later one of its publisher or with a later id. */
        DISORDER,
        /** Two clients have received the same event with different ids. */
        DIFFERENT_ID,
        /** A client was told that it may have missed events. */
        GAP
    }

    private final long first;
    private final int[] topics;
    private final int[] publishers;
    private final AtomicLongArray dues;
    private final int clientsPerTopic;

    // Confined to the event loop of the clients.
    private final int[] left;
    private final @Nullable String[] ids;
    private final Histogram latencies = new Histogram(3);
    private final long[] faults = new long[Fault.values().length];

    private volatile long received;

    /**
     * To whom the events of a round go.
     *
     * @param hubs how many there are; publisher <i>p</i> publishes to hub <i>p</i> modulo this number
     * @param topics of each hub; those of hub <i>h</i> begin with number <i>h</i> × topics
     * @param clientsPerTopic at all nodes of its hub
     */
    record Shape(int hubs, int topics, int publishers, int clientsPerTopic) {}

    /** @param first the number of the first event; those of a stage rise over all rounds */
    NodesPlan(long first, int count, Shape shape, long seed) {
        this.first = first;
        this.clientsPerTopic = shape.clientsPerTopic;
        topics = new int[count];
        publishers = new int[count];
        left = new int[count];
        ids = new @Nullable String[count];
        dues = new AtomicLongArray(count);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < count; i++) {
            publishers[i] = random.nextInt(shape.publishers);
            topics[i] = publishers[i] % shape.hubs * shape.topics + random.nextInt(shape.topics);
            left[i] = clientsPerTopic;
        }
    }

    int count() {
        return topics.length;
    }

    int topic(int index) {
        return topics[index];
    }

    int publisher(int index) {
        return publishers[index];
    }

    long number(int index) {
        return first + index;
    }

    /** The event is about to be published. @param due when it should have been */
    void publishing(int index, long due) {
        dues.set(index, due);
    }

    /** How many events all clients together must receive. */
    long expected() {
        return (long) count() * clientsPerTopic;
    }

    // ---- the event loop of the clients

    /** A client has received an event. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    void received(NodesReader by, long number, String id) {
        int index = (int) (number - first);
        if (number < first || index >= topics.length || topics[index] != by.topic()) {
            count(Fault.FOREIGN);
            return;
        }
        if (!by.isNext(publishers[index], number, id)) {
            count(Fault.DISORDER);
            return;
        }
        String before = ids[index];
        if (before == null) {
            ids[index] = id;
        } else if (!before.equals(id)) {
            count(Fault.DIFFERENT_ID);
        }
        if (--left[index] == 0) {
            latencies.recordValue(Math.max(0, System.nanoTime() - dues.get(index)));
        }
        received++;
    }

    void count(Fault fault) {
        faults[fault.ordinal()]++;
    }

    // ---- any thread

    /** How many events the clients have received in order. */
    long received() {
        return received;
    }

    /** From the due moment of each event to its last client. Only after the round. */
    Histogram latencies() {
        return latencies;
    }

    /** Only after the round. */
    long faults(Fault fault) {
        return faults[fault.ordinal()];
    }
}
