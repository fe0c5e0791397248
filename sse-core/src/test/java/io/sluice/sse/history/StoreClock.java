package io.sluice.sse.history;

import java.time.InstantSource;

/** Lets tests of other packages turn the clock by which a store's events age. */
public final class StoreClock {

    private StoreClock() {}

    /** The store's events age by {@code clock}. */
    public static MvStoreHistory.Builder turn(MvStoreHistory.Builder options, InstantSource clock) {
        return options.clock(clock);
    }
}
