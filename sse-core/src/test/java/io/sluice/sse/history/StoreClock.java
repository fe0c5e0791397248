package io.sluice.sse.history;

import java.time.InstantSource;

/** Lets tests of other packages set the clock that determines the age of a store's events. */
public final class StoreClock {

    private StoreClock() {}

    /** The age of the store's events is determined by {@code clock}. */
    public static MvStoreHistory.Builder turn(MvStoreHistory.Builder options, InstantSource clock) {
        return options.clock(clock);
    }
}
