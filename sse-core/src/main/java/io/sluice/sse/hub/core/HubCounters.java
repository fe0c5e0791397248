package io.sluice.sse.hub.core;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import io.sluice.sse.Sink;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The counters of a hub since its creation. Thread-safe. Delivered events are not counted here: each lane counts its
 * own.
 */
public final class HubCounters {

    /** The category of the hub, which operators know: this class is not exported. */
    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.hub.Hub");

    private final HubCore core;
    private final LongAdder published = new LongAdder();
    private final LongAdder deliveredByEndedLanes = new LongAdder();
    private final LongAdder frames = new LongAdder();
    private final LongAdder gaps = new LongAdder();
    private final LongAdder opened = new LongAdder();
    private final LongAdder blockedLanes = new LongAdder();
    private final LongAdder rejectedSends = new LongAdder();
    private final LongAdder failedPublishes = new LongAdder();
    private final LogThrottle rejectedSendLog = new LogThrottle(System::nanoTime);
    private final LogThrottle failedPublishLog = new LogThrottle(System::nanoTime);
    private final LogThrottle refusedEventLog = new LogThrottle(System::nanoTime);
    private final LongAdder[] closed = new LongAdder[CloseReason.values().length];

    HubCounters(HubCore core) {
        this.core = core;
        for (int i = 0; i < closed.length; i++) {
            closed[i] = new LongAdder();
        }
    }

    // ---- what happened

    public void addPublished(int events) {
        published.add(events);
    }

    /** A lane has ended that delivered this many events. */
    public void addDelivered(long events) {
        deliveredByEndedLanes.add(events);
    }

    public void addFrame() {
        frames.increment();
    }

    public void addBlockedLane() {
        blockedLanes.increment();
    }

    /** Direct sends to a sink were rejected or dropped, because its queue is full. */
    public void addRejectedSends(Sink sink, int events, Throwable full) {
        rejectedSends.add(events);
        if (rejectedSendLog.tryAcquire()) {
            log.warn(
                    "[{}] a direct send is lost: {}{}",
                    sink.id(),
                    full.getMessage(),
                    rejectedSendLog.suppressedSuffix());
        }
    }

    /** The hub did not accept a publication. The publisher may not look at the failed stage, so this is logged. */
    public void addFailedPublish(Throwable failure) {
        failedPublishes.increment();
        if (failedPublishLog.tryAcquire()) {
            log.warn("a publish failed: {}{}", failure.getMessage(), failedPublishLog.suppressedSuffix());
        }
    }

    /** This hub did not take an event of another node. The backplane counts it as skipped. */
    public void logRefusedEvent(Throwable cause) {
        if (refusedEventLog.tryAcquire()) {
            log.warn(
                    "an event of another node is refused here, so clients may get a gap: {}{}",
                    cause.getMessage(),
                    refusedEventLog.suppressedSuffix());
        }
    }

    public void addGap(Sink sink, Gap gap) {
        gaps.increment();
        core.observe(sink, observer -> observer.gapReported(sink, gap));
    }

    public void addOpened(Sink sink) {
        opened.increment();
        core.observe(sink, observer -> observer.sinkOpened(sink));
    }

    public void addClosed(Sink sink, CloseReason reason) {
        closed[reason.ordinal()].increment();
        core.observe(sink, observer -> observer.sinkClosed(sink, reason));
    }

    // ---- sums

    public long published() {
        return published.sum();
    }

    /** The events that were delivered by lanes that have ended. */
    public long deliveredByEndedLanes() {
        return deliveredByEndedLanes.sum();
    }

    public long frames() {
        return frames.sum();
    }

    public long gaps() {
        return gaps.sum();
    }

    public long opened() {
        return opened.sum();
    }

    public long blockedLanes() {
        return blockedLanes.sum();
    }

    public long rejectedSends() {
        return rejectedSends.sum();
    }

    public long failedPublishes() {
        return failedPublishes.sum();
    }

    public long closed(CloseReason reason) {
        return closed[reason.ordinal()].sum();
    }
}
