package io.sluice.sse.hub;

import java.util.function.LongSupplier;

/** Gives a hub the clock of a test. */
public final class HubClock {

    private HubClock() {}

    /** @param nanos the time in nanoseconds, from any origin; it never falls */
    public static HubBuilder set(HubBuilder builder, LongSupplier nanos) {
        return builder.clock(nanos);
    }
}
