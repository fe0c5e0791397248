package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Scope.CloseStep;
import io.sluice.sse.hub.core.HubCore;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Ends the stream of a client when its identity expires. Clients whose identities do not expire have none. It runs on
 * the lane and not as user code, because user code that blocks must not keep the stream open. Confined to the lane.
 */
final class IdentityExpiry implements Runnable {

    /** The longest time between two looks at the wall clock, which may be corrected, or pass while a machine sleeps. */
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final LaneSink sink;
    private final Instant expiry;
    private final HubCore core;
    private Runnable cancel = () -> {};

    private IdentityExpiry(LaneSink sink, Instant expiry, HubCore core) {
        this.sink = sink;
        this.expiry = expiry;
        this.core = core;
    }

    /** Begins to watch the identity of the sink if it expires. */
    static void watch(LaneSink sink, HubCore core) {
        Instant expiry = sink.identity().expiry();
        if (expiry != null) {
            IdentityExpiry watch = new IdentityExpiry(sink, expiry, core);
            sink.scope().onStep(CloseStep.TASKS, reason -> watch.cancel.run());
            watch.run();
        }
    }

    @Override
    public void run() {
        if (sink.scope().isClosed()) {
            return;
        }
        long left = core.log().nanosUntil(expiry);
        if (left <= 0) {
            sink.close(CloseReason.IDENTITY_EXPIRED);
            return;
        }
        try {
            cancel = sink.schedule(this, Math.min(left, LONGEST_NANOS));
        } catch (RejectedExecutionException e) {
            cancel = () -> {}; // the lane has ended, and every connection with it
        }
    }
}
