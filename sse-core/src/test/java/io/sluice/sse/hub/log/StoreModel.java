package io.sluice.sse.hub.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a hub with a durable history must know, as a plain list: what left a ring is lost only when the store lets it
 * go, and that is done whenever a batch has come to the store, not when an event is published. It knows what each stop
 * leaves.
 */
final class StoreModel extends HistoryModel {

    /** Positions that nobody can tell about, behind the first and up to the second. */
    private record Doubtful(long after, long upTo) {}

    private final boolean strict;
    private final int mostChosenIds;
    private final List<Doubtful> doubtful = new ArrayList<>();

    /** Everything up to here is in the store, or was. */
    private long stored;

    private long reserved;

    /** What a machine finds that dies now: how far the store had come, and what had gone from it. */
    private long forced;

    private long forcedEvictions;

    StoreModel(long epoch, Bounds bounds, int mostChosenIds, boolean strict, long nowNanos) {
        super(epoch, bounds, nowNanos);
        this.mostChosenIds = mostChosenIds;
        this.strict = strict;
        begin();
    }

    /** A hub takes up at the head. */
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

    boolean isOnItsWay() {
        return stored < head();
    }

    // ---- what happens

    @Override
    void makeRoom(Told told) {
        // It is made when the event has come to the store.
    }

    /** One batch, with everything up to this position, comes to the store. */
    void store(long upTo) {
        Set<String> touched = all.stream()
                .filter(each -> each.position > stored && each.position <= upTo)
                .map(each -> each.topic)
                .collect(Collectors.toSet());
        stored = upTo;
        for (String topic : touched) {
            for (List<Told> kept = keptIf(topic::equals); isTooMuch(kept); kept = keptIf(topic::equals)) {
                letGo(kept.get(0));
            }
        }
        letGoWhatIsDue();
    }

    private boolean isTooMuch(List<Told> kept) {
        return kept.size() > bounds.events() || (kept.size() > 1 && weight(kept) > bounds.bytes());
    }

    private void letGoWhatIsDue() {
        for (List<Told> kept = keptIf(topic -> true); isDue(kept); kept = keptIf(topic -> true)) {
            letGo(kept.get(0));
        }
    }

    private boolean isDue(List<Told> kept) {
        return !kept.isEmpty()
                && (nowNanos - kept.get(0).nanos > bounds.ageNanos()
                        || weight(kept) > bounds.totalBytes()
                        || kept.stream()
                                        .filter(each -> each.publisherId != null)
                                        .count()
                                > mostChosenIds);
    }

    private List<Told> keptIf(Predicate<String> topic) {
        return all.stream()
                .filter(each -> each.isKept() && each.position <= stored && topic.test(each.topic))
                .toList();
    }

    private static long weight(List<Told> events) {
        return events.stream().mapToLong(each -> each.weightInStore).sum();
    }

    @Override
    void letPass(long nanos) {
        nowNanos += nanos; // nothing goes before the store is looked after
    }

    void lookAfter() {
        letGoWhatIsDue();
    }

    void force() {
        forced = stored;
        forcedEvictions = evictions();
    }

    // ---- how it ends

    /** The next hub goes on at the head. */
    void stop() {
        begin();
    }

    /**
     * The next hub goes on above what was reserved, and leaves out one position. What had not come to the disk is as
     * if it had never been: events, and evictions.
     *
     * @param toForced whether it is the machine that dies
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
