package io.sluice.sse.hub.core;

import io.sluice.sse.Ledger;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.log.Expirer;
import io.sluice.sse.hub.log.HubLog;
import io.sluice.sse.hub.log.Sequencer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a hub that its lanes share: the log, the counters, the options and the user code. So a lane does not
 * depend on the hub itself. Thread-safe.
 */
public final class HubCore {

    /**
     * The user code of a hub, and what runs it.
     *
     * @param observer the user's observer; {@link Observer#NONE} if there is none
     * @param failures counts and logs what user code throws
     * @param executor runs user code
     * @param timer runs delayed work of the hub itself
     */
    public record UserCode(Observer observer, UserCodeFailures failures, UserExecutor executor, Expirer.Timer timer) {}

    private final HubLog log;
    private final Sequencer sequencer;
    private final DeliveryOptions options;
    private final UserCode userCode;
    private final PresenceListener presence;
    private final Ledger ledger = new Ledger();
    private final HubCounters counters = new HubCounters(this);
    private final AtomicLong sinkNumbers = new AtomicLong();

    public HubCore(
            HubLog log, Sequencer sequencer, DeliveryOptions options, UserCode userCode, PresenceListener presence) {
        this.log = log;
        this.sequencer = sequencer;
        this.options = options;
        this.userCode = userCode;
        this.presence = presence;
    }

    /** The log of the hub. */
    public HubLog log() {
        return log;
    }

    /** Assigns ids to positions. */
    public Sequencer sequencer() {
        return sequencer;
    }

    /** The options for delivery. */
    public DeliveryOptions options() {
        return options;
    }

    /** Counts what the clients of this hub own at present. */
    public Ledger ledger() {
        return ledger;
    }

    /** The counters since the creation of the hub. */
    public HubCounters counters() {
        return counters;
    }

    /** Counts and logs what user code throws. */
    public UserCodeFailures failures() {
        return userCode.failures;
    }

    /** Runs user code. */
    public UserExecutor userExecutor() {
        return userCode.executor;
    }

    /** Runs delayed work. */
    public Expirer.Timer timer() {
        return userCode.timer;
    }

    /** Is notified when clients connect, disconnect, subscribe and unsubscribe. */
    public PresenceListener presence() {
        return presence;
    }

    /** The number of the next sink. */
    public long nextSinkNumber() {
        return sinkNumbers.incrementAndGet();
    }

    /** Calls the observer, for a sink or for none. What it throws is counted and logged. */
    public void observe(@Nullable Sink sink, Consumer<Observer> call) {
        if (!isObserved()) {
            return;
        }
        try {
            call.accept(userCode.observer);
        } catch (Throwable t) {
            userCode.failures.failed(sink == null ? "-" : sink.id(), "observer", t);
        }
    }

    /** Whether the hub has an observer. */
    public boolean isObserved() {
        return userCode.observer != Observer.NONE;
    }
}
