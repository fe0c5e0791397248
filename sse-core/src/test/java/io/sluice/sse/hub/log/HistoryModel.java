package io.sluice.sse.hub.log;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * The expected state of a hub, as a plain list of all published events: the content of each event, whether it is still
 * kept, and otherwise its number in the order of evictions. The model has no rings, floors, lanes or forgotten topics.
 */
public class HistoryModel {

    /** The bounds of the kept events. */
    record Bounds(int events, long bytes, long totalBytes, long ageNanos) {}

    /** An event. */
    public static final class ModelEvent {
        final long position;
        final String topic;
        final String data;
        final String publisherId;
        final long nanos;
        /** The bytes that count in the memory of the hub, its id included. */
        final long weight;
        /** The bytes that count in a store. */
        final long weightInStore;
        /** Its number in the order of all evictions; 0 while it is kept. */
        long gone;

        ModelEvent(long position, String topic, String data, String publisherId, long nanos) {
            this.position = position;
            this.topic = topic;
            this.data = data;
            this.publisherId = publisherId;
            this.nanos = nanos;
            int id = publisherId == null ? 22 : publisherId.length();
            this.weightInStore = "id: \ndata: \n\n".length() + id + data.getBytes(StandardCharsets.UTF_8).length + 64;
            this.weight = weightInStore + (publisherId == null ? 0 : 150 + id);
        }

        public boolean isKept() {
            return gone == 0;
        }
    }

    final long epoch;
    final Bounds bounds;
    /** In the order of the positions, which may have holes. */
    final List<ModelEvent> all = new ArrayList<>();

    private long head;
    /** By selection and topic. */
    private final Map<List<String>, Map<String, Boolean>> wanted = new HashMap<>();

    private long evictions;
    /** The position up to which all lanes with clients have written. */
    LongSupplier writtenUpTo = () -> Long.MAX_VALUE;

    long nowNanos;

    HistoryModel(long epoch, Bounds bounds, long nowNanos) {
        this.epoch = epoch;
        this.bounds = bounds;
        this.nowNanos = nowNanos;
    }

    public final long head() {
        return head;
    }

    public final long evictions() {
        return evictions;
    }

    /** The event at this position, which must exist. */
    public final ModelEvent at(long position) {
        int index = firstAfter(position - 1);
        if (index == all.size() || all.get(index).position != position) {
            throw new AssertionError("there is no event at position " + position);
        }
        return all.get(index);
    }

    private int firstAfter(long position) {
        int low = 0;
        int high = all.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (all.get(middle).position > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    // ---- changes

    /** @return the event, or the kept one that has this chosen id already */
    final ModelEvent publish(String topic, String data, String publisherId) {
        ModelEvent first = publisherId == null ? null : keptWithId(publisherId);
        if (first != null) {
            return first;
        }
        ModelEvent event = new ModelEvent(head() + 1, topic, data, publisherId, nowNanos);
        makeRoom(event);
        all.add(event);
        head = event.position;
        return event;
    }

    /** Evicts events to make room for this one. */
    void makeRoom(ModelEvent event) {
        while (true) {
            List<ModelEvent> ring = all.stream()
                    .filter(each -> each.isKept() && each.topic.equals(event.topic))
                    .toList();
            long bytes = ring.stream().mapToLong(each -> each.weight).sum();
            if (ring.isEmpty() || (ring.size() < bounds.events && bytes + event.weight <= bounds.bytes)) {
                break;
            }
            evict(ring.get(0));
        }
        while (true) {
            List<ModelEvent> kept = all.stream().filter(ModelEvent::isKept).toList();
            long bytes = kept.stream().mapToLong(each -> each.weight).sum();
            if (kept.isEmpty() || bytes + event.weight <= bounds.totalBytes) {
                break;
            }
            evict(oldest(kept, event));
        }
    }

    /** A new event that a lane has not written yet is spared by a topic that keeps more than the event's topic. */
    private ModelEvent oldest(List<ModelEvent> kept, ModelEvent event) {
        ModelEvent oldest = kept.get(0);
        boolean isNew =
                event.nanos - oldest.nanos < LogBounds.SPARED_NANOS && oldest.position > writtenUpTo.getAsLong();
        return isNew && bytes(kept, event.topic) > bytes(kept, oldest.topic)
                ? kept.stream()
                        .filter(each -> each.topic.equals(event.topic))
                        .findFirst()
                        .orElseThrow()
                : oldest;
    }

    private static long bytes(List<ModelEvent> kept, String topic) {
        return kept.stream()
                .filter(each -> each.topic.equals(topic))
                .mapToLong(each -> each.weight)
                .sum();
    }

    final void evict(ModelEvent event) {
        event.gone = ++evictions;
    }

    /** The next event gets the position after this one. */
    final void skipTo(long position) {
        head = position;
    }

    void advance(long nanos) {
        nowNanos += nanos;
        for (ModelEvent each : all) {
            if (each.isKept() && nowNanos - each.nanos > bounds.ageNanos) {
                evict(each);
            }
        }
    }

    // ---- overridden for a hub with a store

    public boolean hasStore() {
        return false;
    }

    /** The position up to which the store can be read. */
    public long stored() {
        return head();
    }

    /** Whether it is unknown what a client has missed that resumes from this position. */
    public boolean isLost(long position) {
        return false;
    }

    // ---- queries

    public final ModelEvent keptWithId(String publisherId) {
        return all.stream()
                .filter(each -> each.isKept() && publisherId.equals(each.publisherId))
                .findFirst()
                .orElse(null);
    }

    final boolean wants(List<String> terms, ModelEvent event) {
        return wanted.computeIfAbsent(terms, each -> new HashMap<>())
                .computeIfAbsent(
                        event.topic,
                        topic -> terms.stream()
                                .anyMatch(term -> pattern(term).matcher(topic).matches()));
    }

    private static Pattern pattern(String term) {
        String deep = term.equals("**") ? ".*" : term.replace("/**", "(/.*)?");
        return Pattern.compile(deep.equals(term) ? term.replace("*", "[^/]*") : deep);
    }

    /** The wanted events after {@code after}, the oldest first. */
    public final List<ModelEvent> wanted(List<String> terms, long after) {
        return all.subList(firstAfter(after), all.size()).stream()
                .filter(each -> wants(terms, each))
                .toList();
    }

    /**
     * The position at which a client continues after a gap if it had seen everything up to {@code known}: before the
     * oldest kept event of all topics that have one for the client, but not before the events it has seen.
     */
    public final long beforeOldestKept(List<String> terms, long known) {
        Map<String, long[]> oldestAndNewest = new HashMap<>();
        for (ModelEvent each : wanted(terms, 0)) {
            if (each.isKept()) {
                oldestAndNewest.computeIfAbsent(each.topic, topic -> new long[] {each.position, 0})[1] = each.position;
            }
        }
        return oldestAndNewest.values().stream()
                        .filter(topic -> topic[1] > known)
                        .mapToLong(topic -> Math.max(known + 1, topic[0]))
                        .min()
                        .orElse(head() + 1)
                - 1;
    }

    // ---- ids, formatted and parsed without the code under test

    public final String id(long position) {
        return digits(epoch, 10) + "-" + digits(position, 11);
    }

    private static String digits(long value, int count) {
        String digits = Long.toString(value, 32);
        return "0".repeat(count - digits.length()) + digits;
    }

    public static boolean hasHubFormat(String id) {
        return id.matches("[0-9a-v]{10}-[0-9a-v]{11}");
    }

    /** The position of an id of this epoch; -1 if it has another epoch or format. */
    public final long positionOf(String id) {
        return hasHubFormat(id) && id.startsWith(digits(epoch, 10)) ? Long.parseLong(id.substring(11), 32) : -1;
    }
}
