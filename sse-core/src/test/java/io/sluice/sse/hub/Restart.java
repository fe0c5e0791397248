package io.sluice.sse.hub;

import java.util.function.Consumer;

/** A way for a hub to end and to come back: what the next one is built with, and what is known of its history then. */
interface Restart {

    /** What the next hub is built with beside the options of the one before. */
    Consumer<HubBuilder> next(HistoryModel before);

    /** What the next hub knows. */
    HistoryModel after(HistoryModel before);

    /** Nothing outlives the process: another epoch, to which all ids of the one before are foreign. */
    Restart FORGETS_ALL = new Restart() {
        @Override
        public Consumer<HubBuilder> next(HistoryModel before) {
            return options -> options.epoch(before.epoch + 1);
        }

        @Override
        public HistoryModel after(HistoryModel before) {
            return new HistoryModel(before.epoch + 1, before.bounds, before.nowNanos);
        }
    };

    /** All that there are. */
    Restart[] KINDS = {FORGETS_ALL};
}
