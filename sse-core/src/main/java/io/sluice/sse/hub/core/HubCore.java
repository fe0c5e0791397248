package io.sluice.sse.hub.core;

import io.sluice.sse.Ledger;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.Sequencer;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the lanes of a hub share: its log, its counters and its options. So a lane need not know the hub itself.
 * Thread-safe.
 */
public final class HubCore {

    private final HubLog log;
    private final Sequencer sequencer;
    private final DeliveryOptions options;
    private final Observer observer;
    private final UserCodeFailures failures;
    private final Executor userExecutor;
    private final PresenceListener presence;
    private final Ledger ledger = new Ledger();
    private final HubCounters counters = new HubCounters(this);
    private final AtomicLong sinkNumbers = new AtomicLong();

    private HubCore(Builder builder) {
        this.log = builder.log;
        this.sequencer = builder.sequencer;
        this.options = builder.options;
        this.observer = builder.observer;
        this.failures = builder.failures;
        this.userExecutor = builder.userExecutor;
        this.presence = builder.presence;
    }

    /** The parts of a core. All are required. */
    @SuppressWarnings("NullAway.Init") // Hub sets each of them
    public static final class Builder {
        public HubLog log;
        public Sequencer sequencer;
        public DeliveryOptions options;
        public Observer observer;
        public UserCodeFailures failures;
        public Executor userExecutor;
        public PresenceListener presence;

        public HubCore build() {
            return new HubCore(this);
        }
    }

    /** The log of the hub. */
    public HubLog log() {
        return log;
    }

    /** Gives positions their ids. */
    public Sequencer sequencer() {
        return sequencer;
    }

    /** The options for delivery. */
    public DeliveryOptions options() {
        return options;
    }

    /** What clients own now. */
    public Ledger ledger() {
        return ledger;
    }

    /** What the hub has counted since it was made. */
    public HubCounters counters() {
        return counters;
    }

    /** Counts and logs what user code throws. */
    public UserCodeFailures failures() {
        return failures;
    }

    /** Where user code runs. */
    public Executor userExecutor() {
        return userExecutor;
    }

    /** Is told which clients come and go. */
    public PresenceListener presence() {
        return presence;
    }

    /** The number of the next sink. */
    public long nextSinkNumber() {
        return sinkNumbers.incrementAndGet();
    }

    /** Calls the observer about a sink or about none. What it throws is counted and logged. */
    public void observe(@Nullable Sink sink, Consumer<Observer> call) {
        if (observer == Observer.NONE) {
            return;
        }
        try {
            call.accept(observer);
        } catch (Throwable t) {
            failures.failed(sink == null ? "-" : sink.id(), "observer", t);
        }
    }

    /** Whether an observer listens. */
    public boolean isObserved() {
        return observer != Observer.NONE;
    }
}
