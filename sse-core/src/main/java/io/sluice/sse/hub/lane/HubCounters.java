package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import java.util.concurrent.atomic.LongAdder;

/** What a hub has counted since it was made. Thread-safe; the delivered events are counted by each lane for itself. */
public final class HubCounters {

    public final LongAdder published = new LongAdder();
    /** Events that lanes had delivered which have left. */
    final LongAdder deliveredBefore = new LongAdder();

    public final LongAdder framed = new LongAdder();
    public final LongAdder gaps = new LongAdder();
    public final LongAdder opened = new LongAdder();
    public final LongAdder lanesBlocked = new LongAdder();
    private final LongAdder[] closed = new LongAdder[CloseReason.values().length];
    private final HubCore core;

    HubCounters(HubCore core) {
        this.core = core;
        for (int i = 0; i < closed.length; i++) {
            closed[i] = new LongAdder();
        }
    }

    void framed() {
        framed.increment();
    }

    void gap(LaneSink sink, Gap gap) {
        gaps.increment();
        core.observe(sink, observer -> observer.gapReported(sink, gap));
    }

    void opened(LaneSink sink) {
        opened.increment();
        core.observe(sink, observer -> observer.sinkOpened(sink));
    }

    public void closed(LaneSink sink, CloseReason reason) {
        closed[reason.ordinal()].increment();
        core.observe(sink, observer -> observer.sinkClosed(sink, reason));
    }

    public long closed(CloseReason reason) {
        return closed[reason.ordinal()].sum();
    }
}
