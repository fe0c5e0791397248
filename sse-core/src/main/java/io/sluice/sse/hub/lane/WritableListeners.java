package io.sluice.sse.hub.lane;

import io.sluice.sse.Ledger;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;

/** Who wants to hear that a sink has become writable. Guarded by the {@link DirectSendQueue} it belongs to. */
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

    /** A copy, to be posted to out of the lock. */
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

        /** At most one call waits, however often the sink becomes writable meanwhile. */
        private volatile boolean posted;

        private volatile boolean ended;

        Listener(Executor executor, Runnable action) {
            this.executor = Objects.requireNonNull(executor, "executor");
            this.action = Objects.requireNonNull(action, "listener");
        }

        /** Hands it to its executor, usually the sink's user code. Any thread, without the lock. */
        void post() {
            if (posted) {
                return;
            }
            posted = true;
            try {
                executor.execute(this);
            } catch (RuntimeException | Error e) {
                posted = false; // not even the fallback takes it
                sink.userCodeFailed("writable listener", e);
            }
        }

        @Override
        public void run() {
            posted = false; // before the call: what happens from here on asks for another one
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
