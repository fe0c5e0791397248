package io.sluice.sse.hub.log;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A way for a hub to end and to be restarted. */
interface Restart {

    /**
     * Called before the hub is closed and replaced by another one.
     *
     * @param store the store of both hubs; null if they have none
     * @return the model of the next hub
     */
    HistoryModel stop(HistoryModel before, @Nullable RandomStore store);

    /** Nothing outlives the process: the next hub has another epoch, so all earlier ids are foreign. */
    Restart FORGETS_ALL = (before, store) -> new HistoryModel(before.epoch + 1, before.bounds, before.nowNanos);

    /** All published events are in the store, and the next hub continues without a loss. */
    Restart CLEAN = (before, store) -> Objects.requireNonNull(store).stop();

    /** Everything that the process wrote to the operating system is in the store. */
    Restart PROCESS_DIES = (before, store) -> Objects.requireNonNull(store).die(false);

    /** Only forced writes are in the store. */
    Restart MACHINE_DIES = (before, store) -> Objects.requireNonNull(store).die(true);

    Restart[] WITHOUT_STORE = {FORGETS_ALL};

    Restart[] WITH_STORE = {CLEAN, CLEAN, PROCESS_DIES, MACHINE_DIES};
}
