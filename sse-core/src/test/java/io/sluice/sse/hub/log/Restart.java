package io.sluice.sse.hub.log;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A way for a hub to end and to come back. */
interface Restart {

    /**
     * The hub is about to be closed, and another one takes its place.
     *
     * @param store what both have; null if they have none
     * @return what the next one knows
     */
    HistoryModel stop(HistoryModel before, @Nullable RandomStore store);

    /** Nothing outlives the process: another epoch, to which all ids of the one before are foreign. */
    Restart FORGETS_ALL = (before, store) -> new HistoryModel(before.epoch + 1, before.bounds, before.nowNanos);

    /** All that was published is in the store, and the hub goes on as if nothing had been. */
    Restart CLEAN = (before, store) -> Objects.requireNonNull(store).stop();

    /** What the process had handed over is in the store. */
    Restart PROCESS_DIES = (before, store) -> Objects.requireNonNull(store).die(false);

    /** Only what was forced is. */
    Restart MACHINE_DIES = (before, store) -> Objects.requireNonNull(store).die(true);

    Restart[] WITHOUT_STORE = {FORGETS_ALL};

    Restart[] WITH_STORE = {CLEAN, CLEAN, PROCESS_DIES, MACHINE_DIES};
}
