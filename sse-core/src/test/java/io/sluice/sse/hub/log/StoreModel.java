package io.sluice.sse.hub.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The expected state of a hub with a durable history, as a plain list. An event that left a ring is lost only when the
 * store evicts it. The store evicts whenever it has stored a batch, not when an event is published. The model also
 * knows what remains after each kind of stop.
 */
final class StoreModel extends HistoryModel {

    /** Positions whose events are unknown, after the first and up to the second. */
    private record Doubtful(long after, long upTo) {}

    private final boolean strict;
    private final int mostChosenIds;
    private final List<Doubtful> doubtful = new ArrayList<>();

    /** Everything up to here is or was in the store. */
    private long stored;

    private long reserved;

    /** The state after a crash of the machine now: the last stored position, and the evictions until then. */
    private long forced;

    private long forcedEvictions;

    StoreModel(long epoch, Bounds bounds, int mostChosenIds, boolean strict, long nowNanos) {
        super(epoch, bounds, nowNanos);
        this.mostChosenIds = mostChosenIds;
        this.strict = strict;
        begin();
    }

    /** A hub starts at the head. */
    private void begin() {
        stored = head();
        reserved = head() + PositionReservation.BLOCK;
        force();
    }

    @Override
    public boolean hasStore() {
        return true;
    }

    @Override
    public long stored() {
        return stored;
    }

    boolean hasUnstoredEvents() {
        return stored < head();
    }

    // ---- changes

    @Override
    void makeRoom(ModelEvent event) {
        // Room is made when the event is stored.
    }

    /** Stores one batch, with everything up to this position. */
    void store(long upTo) {
        Set<String> touched = all.stream()
                .filter(each -> each.position > stored && each.position <= upTo)
                .map(each -> each.topic)
                .collect(Collectors.toSet());
        stored = upTo;
        for (String topic : touched) {
            for (List<ModelEvent> kept = keptIf(topic::equals); isAboveBounds(kept); kept = keptIf(topic::equals)) {
                evict(kept.get(0));
            }
        }
        evictDue();
    }

    private boolean isAboveBounds(List<ModelEvent> kept) {
        return kept.size() > bounds.events() || (kept.size() > 1 && weight(kept) > bounds.bytes());
    }

    private void evictDue() {
        for (List<ModelEvent> kept = keptIf(topic -> true); isDue(kept); kept = keptIf(topic -> true)) {
            evict(kept.get(0));
        }
    }

    private boolean isDue(List<ModelEvent> kept) {
        return !kept.isEmpty()
                && (nowNanos - kept.get(0).nanos > bounds.ageNanos()
                        || weight(kept) > bounds.totalBytes()
                        || kept.stream()
                                        .filter(each -> each.publisherId != null)
                                        .count()
                                > mostChosenIds);
    }

    private List<ModelEvent> keptIf(Predicate<String> topic) {
        return all.stream()
                .filter(each -> each.isKept() && each.position <= stored && topic.test(each.topic))
                .toList();
    }

    private static long weight(List<ModelEvent> events) {
        return events.stream().mapToLong(each -> each.weightInStore).sum();
    }

    @Override
    void advance(long nanos) {
        nowNanos += nanos; // nothing is evicted before the store is maintained
    }

    void maintainNow() {
        evictDue();
    }

    void force() {
        forced = stored;
        forcedEvictions = evictions();
    }

    // ---- the end of a hub

    /** The next hub continues at the head. */
    void stop() {
        begin();
    }

    /**
     * The next hub continues above the reserved positions and skips one position. Events and evictions that did not
     * reach the disk are undone.
     *
     * @param toForced whether the machine dies, not only the process
     */
    void die(boolean toForced) {
        boolean back = toForced && !strict;
        long written = back ? forced : stored;
        long evictionsThen = back ? forcedEvictions : evictions();
        all.removeIf(each -> each.position > written);
        all.stream().filter(each -> each.gone > evictionsThen).forEach(each -> each.gone = 0);
        doubtful.add(new Doubtful(strict ? written : -1, reserved));
        skipTo(reserved + 1);
        begin();
    }

    @Override
    public boolean isLost(long position) {
        return doubtful.stream().anyMatch(each -> position > each.after && position <= each.upTo);
    }
}
