package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Published;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The events of one entry of a backplane: encoded, with their positions, and later with what became of them. */
final class SharedEvents {

    /** The position of the first event. The others follow without a hole. */
    final long first;
    /** When they were published, by the hub's clock. */
    final long nanos;

    final List<PendingEvent> events;
    private final Map<Integer, String> duplicates;
    /** Whether this node has appended the entry, so that its publisher here learns of a failure. */
    final boolean fromThisNode;

    // Set under the hub's lock, read by the thread that handed the entry over.
    final List<Published> published;

    @Nullable
    RuntimeException failure;

    SharedEvents(
            long first, long nanos, List<PendingEvent> events, Map<Integer, String> duplicates, boolean fromThisNode) {
        this.first = first;
        this.nanos = nanos;
        this.events = events;
        this.duplicates = duplicates;
        this.fromThisNode = fromThisNode;
        this.published = new ArrayList<>(events.size());
    }

    /** Whether this hub did not take events that another node may have delivered. */
    boolean isRefused() {
        return failure != null && !fromThisNode;
    }

    /** The position of the last event. */
    long last() {
        return first + events.size() - 1;
    }

    boolean isDuplicate(int index) {
        return !duplicates.isEmpty() && duplicates.containsKey(index);
    }

    void addDuplicate(int index) {
        String id = Objects.requireNonNull(events.get(index).publisherId());
        published.add(new Published(id, Objects.requireNonNull(duplicates.get(index)), true));
    }

    List<PendingEvent> withoutDuplicates() {
        if (duplicates.isEmpty()) {
            return events;
        }
        List<PendingEvent> rest = new ArrayList<>(events.size());
        for (int i = 0; i < events.size(); i++) {
            if (!isDuplicate(i)) {
                rest.add(events.get(i));
            }
        }
        return rest;
    }
}
