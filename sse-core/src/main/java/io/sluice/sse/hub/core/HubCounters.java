package io.sluice.sse.hub.core;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import io.sluice.sse.Sink;
import java.util.concurrent.atomic.LongAdder;

/** What a hub has counted since it was made. Thread-safe; the delivered events are counted by each lane for itself. */
public final class HubCounters {

    public final LongAdder published = new LongAdder();
    /** Events that lanes had delivered which have left. */
    public final LongAdder deliveredBefore = new LongAdder();

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

    public void framed() {
        framed.increment();
    }

    public void gap(Sink sink, Gap gap) {
        gaps.increment();
        core.observe(sink, observer -> observer.gapReported(sink, gap));
    }

    public void opened(Sink sink) {
        opened.increment();
        core.observe(sink, observer -> observer.sinkOpened(sink));
    }

    public void closed(Sink sink, CloseReason reason) {
        closed[reason.ordinal()].increment();
        core.observe(sink, observer -> observer.sinkClosed(sink, reason));
    }

    public long closed(CloseReason reason) {
        return closed[reason.ordinal()].sum();
    }
}
