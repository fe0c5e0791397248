package io.sluice.sse.hub.lane;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/** Selects the sinks with the lowest numbers above a given one, from many in any order, and keeps only the selected. */
final class SinkPage {

    private final long after;
    private final int limit;
    /** The highest number first: it makes room for a lower one. */
    private final PriorityQueue<LaneSink> kept = new PriorityQueue<>(
            Comparator.comparingLong((LaneSink sink) -> sink.number).reversed());

    SinkPage(long after, int limit) {
        this.after = after;
        this.limit = limit;
    }

    void offer(LaneSink sink) {
        if (sink.number <= after) {
            return;
        }
        if (kept.size() == limit) {
            LaneSink highest = kept.peek();
            if (highest == null || highest.number < sink.number) {
                return;
            }
            kept.poll();
        }
        kept.add(sink);
    }

    void forEach(Consumer<LaneSink> action) {
        kept.forEach(action);
    }
}
