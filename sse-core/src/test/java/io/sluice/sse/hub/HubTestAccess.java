package io.sluice.sse.hub;

import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.hub.log.Expirer;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.LogOptions;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Gives tests in other packages access to package-private members: the test options of a builder, and the parts of a
 * hub.
 */
public final class HubTestAccess {

    private HubTestAccess() {}

    public static HubBuilder clock(HubBuilder builder, LongSupplier nanos) {
        return builder.clock(nanos);
    }

    public static HubBuilder wallClock(HubBuilder builder, InstantSource now) {
        return builder.wallClock(now);
    }

    public static HubBuilder timer(HubBuilder builder, Expirer.Timer timer) {
        return builder.timer(timer);
    }

    public static HubBuilder epoch(HubBuilder builder, long epoch) {
        return builder.epoch(epoch);
    }

    public static LogOptions logOptions(HubBuilder builder) {
        return builder.logOptions();
    }

    public static HubLog log(Hub hub) {
        return hub.core().log();
    }

    public static HubCore core(Hub hub) {
        return hub.core();
    }

    /** Whether no principal is counted and no change is waiting to be reported. */
    public static boolean hasNoPresence(Hub hub) {
        return hub.presences().isEmpty();
    }
}
