package io.sluice.sse.backplane;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A sequence in memory that several hubs of a test share. A change is delivered to all of them by its publisher. */
final class MemoryBackplane {

    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, String> chosenIds = new HashMap<>();
    private long position = 1000;
    private @Nullable Long epoch;

    @Nullable
    String unavailable;

    Backplane node() {
        return new Node();
    }

    /** Whatever was published up to here may be lost. */
    synchronized void lose() {
        position += 1L << 40; // as a real one that begins a new epoch
        nodes.forEach(node -> node.receiver().lost(position));
    }

    /** Events that another program has appended. */
    synchronized void appendForeign(Backplane.Change change) {
        append(change, null, null);
    }

    private synchronized void append(Backplane.Change change, @Nullable Node by, Backplane.@Nullable Receipt receipt) {
        Backplane.Change known = change;
        long first = position + 1;
        position = first;
        if (change instanceof Backplane.Change.Events events) {
            position = position + events.publications().size() - 1;
            known = withDuplicates(events);
        }
        for (Node node : List.copyOf(nodes)) {
            node.skipped += node.receiver()
                    .received(
                            List.of(new Backplane.Entry(first, known, 0, node == by, node == by ? receipt : null)),
                            position);
        }
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
        private int skipped;

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
                receiver.begin(epoch, position, 0);
                nodes.add(this);
            }
        }

        @Override
        public void append(Change change, Receipt receipt) {
            if (unavailable != null) {
                receipt.failed(BackplaneException.notPublished(unavailable, null));
            } else {
                MemoryBackplane.this.append(change, this, receipt);
            }
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
