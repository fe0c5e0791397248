package io.sluice.sse.hub.lane;

import io.sluice.sse.Ledger;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;

/** The listeners that wait until a sink is writable. Guarded by the {@link DirectSendQueue} that has them. */
final class WritableListeners {

    private final LaneSink sink;
    private final List<Listener> listeners = new ArrayList<>(1);

    WritableListeners(LaneSink sink) {
        this.sink = sink;
    }

    Listener add(Executor executor, Runnable action) {
        Listener listener = new Listener(executor, action);
        listeners.add(listener);
        sink.ledger().add(Ledger.Kind.LISTENERS, 1);
        return listener;
    }

    void remove(Listener listener) {
        if (listeners.remove(listener)) {
            listener.ended = true;
            sink.ledger().add(Ledger.Kind.LISTENERS, -1);
        }
    }

    /** A copy, because listeners are posted outside the lock. */
    List<Listener> all() {
        return List.copyOf(listeners);
    }

    void close() {
        listeners.forEach(listener -> listener.ended = true);
        sink.ledger().add(Ledger.Kind.LISTENERS, -listeners.size());
        listeners.clear();
    }

    final class Listener implements Runnable {
        private final Executor executor;
        private final Runnable action;

        /** At most one call waits, even if the sink becomes writable several times meanwhile. */
        private volatile boolean posted;

        private volatile boolean ended;

        Listener(Executor executor, Runnable action) {
            this.executor = Objects.requireNonNull(executor, "executor");
            this.action = Objects.requireNonNull(action, "listener");
        }

        /** Submits the listener to its executor, usually the sink's user code. Any thread, outside the lock. */
        void post() {
            if (posted) {
                return;
            }
            posted = true;
            try {
                executor.execute(this);
            } catch (RuntimeException | Error e) {
                posted = false; // not even the fallback executor can run it
                sink.userCodeFailed("writable listener", e);
            }
        }

        @Override
        public void run() {
            posted = false; // before the call: a later change needs another call
            if (ended || !sink.isOpen()) {
                return;
            }
            try {
                action.run();
            } catch (Throwable t) {
                sink.userCodeFailed("writable listener", t);
            }
        }
    }
}
