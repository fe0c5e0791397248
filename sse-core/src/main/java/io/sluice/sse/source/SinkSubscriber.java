package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Registration;
import io.sluice.sse.Sink;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The subscriber between a publisher and a sink. It asks for {@value #DEMAND} events at a time, when it holds none and
 * the sink is writable, and holds those that arrive while it is not: so it never holds more than it asked for.
 *
 * <p>Signals may come from any thread, and inside of each other. Each leaves what it has and looks after the work
 * ({@link #work}), which one thread does at a time: so the calls of the subscription are serial, no lock is held in
 * them, and a publisher that delivers inside of {@code request} does not recurse.
 *
 * <p>Numbers of rules are those of the Reactive Streams specification 1.0.4.
 */
final class SinkSubscriber implements Flow.Subscriber<Event> {

    /** Fewer than the small queue of a sink holds by default. */
    static final int DEMAND = 16;

    private final Sink sink;

    // Any thread.
    private final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
    private final ConcurrentLinkedQueue<Event> held = new ConcurrentLinkedQueue<>();
    /** Events asked for that have not arrived. */
    private final AtomicLong outstanding = new AtomicLong();

    private final AtomicInteger signals = new AtomicInteger();
    private volatile boolean done;
    /** By the publisher: its subscription counts as cancelled then (rule 2.4), and must not be called (rule 2.3). */
    private volatile boolean over;

    private volatile @Nullable Throwable failure;

    // Of the work, which one thread does at a time.
    private boolean ended;
    private boolean cancelled;
    private Registration writable = () -> {};

    private SinkSubscriber(Sink sink) {
        this.sink = sink;
    }

    static SinkSubscriber of(Sink sink) {
        return new SinkSubscriber(sink);
    }

    void subscribeTo(Flow.Publisher<? extends Event> publisher) {
        // Both before the publisher knows us: whatever it does, the end of the client is heard.
        sink.scope().onClose(reason -> signal());
        writable = sink.onWritable(this::signal);
        publisher.subscribe(this);
    }

    // ---- signals of the publisher

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        Objects.requireNonNull(newSubscription, "subscription"); // rule 2.13
        if (!subscription.compareAndSet(null, newSubscription)) {
            newSubscription.cancel(); // rule 2.5
            return;
        }
        signal();
    }

    @Override
    public void onNext(Event event) {
        Objects.requireNonNull(event, "event"); // rule 2.13
        if (done || !sink.isOpen()) {
            return; // rule 2.8: what was under way when it was cancelled
        }
        if (outstanding.getAndDecrement() <= 0) {
            outstanding.incrementAndGet();
            fail(new IllegalStateException("the publisher sent more than was asked for (rule 1.1)"));
            return;
        }
        held.add(event);
        signal();
    }

    @Override
    public void onError(Throwable newFailure) {
        Objects.requireNonNull(newFailure, "failure"); // rule 2.13
        over = true;
        fail(newFailure);
    }

    @Override
    public void onComplete() {
        over = true;
        done = true;
        signal();
    }

    private void fail(Throwable newFailure) {
        if (!done) {
            failure = newFailure;
            done = true;
        }
        signal();
    }

    // ---- the work

    private void signal() {
        if (signals.getAndIncrement() > 0) {
            return; // whoever works looks once more
        }
        int seen = 1;
        do {
            try {
                work();
            } catch (Throwable t) { // of the subscription, or an event that this sink refuses
                sink.fail(t);
            }
            seen = signals.addAndGet(-seen);
        } while (seen > 0);
    }

    private void work() {
        if (!sink.isOpen()) {
            end();
            return;
        }
        boolean last = done; // before the events: those that came before the end are among them
        Throwable failed = failure;
        for (Event next = held.peek(); next != null && sink.offer(next); next = held.peek()) {
            held.poll(); // not before the sink has it
        }
        if (failed != null) {
            sink.fail(failed);
            end();
        } else if (last && held.isEmpty()) {
            sink.complete();
            end();
        } else if (!last && held.isEmpty()) {
            ask();
        }
    }

    private void ask() {
        Flow.Subscription asked = subscription.get();
        if (asked != null && outstanding.get() == 0 && sink.isWritable()) {
            outstanding.set(DEMAND);
            asked.request(DEMAND);
        }
    }

    /** Nothing is held for a client that has gone, and the publisher forgets us; also one that subscribes us later. */
    private void end() {
        if (!ended) {
            ended = true;
            done = true;
            writable.cancel();
        }
        held.clear();
        Flow.Subscription subscribed = subscription.get();
        if (subscribed != null && !cancelled && !over) {
            cancelled = true;
            subscribed.cancel();
        }
    }
}
