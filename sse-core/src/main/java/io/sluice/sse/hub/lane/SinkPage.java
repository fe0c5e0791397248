package io.sluice.sse.hub.lane;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/** The first sinks behind a number, out of many offered in any order; keeps no more of them than it was asked for. */
final class SinkPage {

    private final long after;
    private final int limit;
    /** The one with the highest number first: it is the next to make room. */
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
