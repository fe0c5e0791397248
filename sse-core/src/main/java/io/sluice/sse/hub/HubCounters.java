package io.sluice.sse.hub;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import java.util.concurrent.atomic.LongAdder;

/** What a hub has counted since it was made. Thread-safe; the delivered events are counted by each lane for itself. */
final class HubCounters {

    final LongAdder published = new LongAdder();
    /** Events that lanes had delivered which have left. */
    final LongAdder deliveredBefore = new LongAdder();

    final LongAdder framed = new LongAdder();
    final LongAdder gaps = new LongAdder();
    final LongAdder opened = new LongAdder();
    final LongAdder lanesBlocked = new LongAdder();
    private final LongAdder[] closed = new LongAdder[CloseReason.values().length];
    private final Hub hub;

    HubCounters(Hub hub) {
        this.hub = hub;
        for (int i = 0; i < closed.length; i++) {
            closed[i] = new LongAdder();
        }
    }

    void framed() {
        framed.increment();
    }

    void gap(LaneSink sink, Gap gap) {
        gaps.increment();
        hub.observe(sink, observer -> observer.gapReported(sink, gap));
    }

    void opened(LaneSink sink) {
        opened.increment();
        hub.observe(sink, observer -> observer.sinkOpened(sink));
    }

    void closed(LaneSink sink, CloseReason reason) {
        closed[reason.ordinal()].increment();
        hub.observe(sink, observer -> observer.sinkClosed(sink, reason));
    }

    long closed(CloseReason reason) {
        return closed[reason.ordinal()].sum();
    }
}
