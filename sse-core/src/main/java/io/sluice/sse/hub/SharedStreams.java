package io.sluice.sse.hub;

import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.backplane.Backplane.Change.NodePresence.Member;
import io.sluice.sse.hub.lane.PrincipalStreams;
import io.sluice.sse.hub.log.Expirer;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Counts the streams of principals with the reports of {@link SharedPresence}. Each stream is a member of its own, in
 * place of a topic: a slash, which begins no topic, and its place. Bounded by what {@link SharedPresence} takes.
 * Thread-safe.
 */
final class SharedStreams implements PrincipalStreams {

    private static final char MARK = '/';
    private static final int DIGITS = 11;

    private final String node;
    private final BiConsumer<Member, Boolean> report;
    private final BooleanSupplier isAway;
    private final LongSupplier head;
    private final Expirer.Timer timer;

    /** The places at other nodes. */
    private final ConcurrentHashMap<String, ConcurrentSkipListSet<String>> elsewhere = new ConcurrentHashMap<>();

    private final List<WeakReference<Consumer<String>>> listeners = new CopyOnWriteArrayList<>();

    /** The number of the last new place. Guarded by this. */
    private long last;

    /**
     * @param node the name of this node in reports
     * @param report tells the other nodes of a member that has come or gone
     * @param head the position up to which this node has read the sequence: a clock that all nodes share
     */
    SharedStreams(
            String node,
            BiConsumer<Member, Boolean> report,
            BooleanSupplier isAway,
            LongSupplier head,
            Expirer.Timer timer) {
        this.node = node;
        this.report = report;
        this.isAway = isAway;
        this.head = head;
        this.timer = timer;
    }

    static boolean isStream(Member member) {
        return !member.topic().isEmpty() && member.topic().charAt(0) == MARK;
    }

    // ---- this node

    /** Numbers are compared as texts, so all have the same length. */
    @Override
    public String newPlace(String principal) {
        ConcurrentSkipListSet<String> others = elsewhere.get(principal);
        long newest = 0;
        for (String place : others == null ? List.<String>of() : others) {
            newest = Math.max(newest, numberOf(place));
        }
        long number;
        synchronized (this) {
            number = Math.max(head.getAsLong(), Math.max(last, newest) + 1);
            last = number;
        }
        String digits = Long.toString(number, Character.MAX_RADIX);
        return "0".repeat(DIGITS - digits.length()) + digits + '.' + node;
    }

    /** Another program may have written a place that is none. */
    private static long numberOf(String place) {
        try {
            long number = Long.parseLong(place.substring(0, Math.min(place.length(), DIGITS)), Character.MAX_RADIX);
            return Math.max(0, Math.min(number, Backplane.MAX_POSITION));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    @Override
    public void opened(String principal, String place) {
        report.accept(new Member(MARK + place, principal), true);
    }

    @Override
    public void closed(String principal, String place) {
        report.accept(new Member(MARK + place, principal), false);
    }

    @Override
    public int elsewhere(String principal) {
        ConcurrentSkipListSet<String> others = elsewhere.get(principal);
        return others == null || isAway.getAsBoolean() ? 0 : others.size();
    }

    @Override
    public int elsewhereBefore(String principal, String place) {
        ConcurrentSkipListSet<String> others = elsewhere.get(principal);
        return others == null || isAway.getAsBoolean()
                ? 0
                : others.headSet(place).size();
    }

    @Override
    public void onOpenedElsewhere(Consumer<String> listener) {
        listeners.add(new WeakReference<>(listener));
    }

    // ---- other nodes, from the thread of the backplane

    /** A report of another node was read. */
    void changedElsewhere(Member member, boolean joined) {
        String principal = member.principal();
        String place = member.topic().substring(1);
        elsewhere.compute(principal, (ignored, present) -> {
            ConcurrentSkipListSet<String> places = present == null ? new ConcurrentSkipListSet<>() : present;
            if (joined) {
                places.add(place);
            } else {
                places.remove(place);
            }
            return places.isEmpty() ? null : places;
        });
        if (joined && !listeners.isEmpty()) {
            timer.schedule(() -> tell(principal), 0);
        }
    }

    private void tell(String principal) {
        List<WeakReference<Consumer<String>>> gone = new ArrayList<>(0);
        for (WeakReference<Consumer<String>> each : listeners) {
            Consumer<String> listener = each.get();
            if (listener == null) {
                gone.add(each);
            } else {
                listener.accept(principal);
            }
        }
        listeners.removeAll(gone);
    }
}
