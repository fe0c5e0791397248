package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Scope.Registration;
import io.sluice.sse.Sink;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The subscriber between a publisher and a sink. It requests {@value #DEMAND} events at a time, when it holds none and
 * the sink is writable. It holds the events that arrive while the sink is not writable, so it never holds more than it
 * requested.
 *
 * <p>Signals may come from any thread and may be nested. Each signal stores its value and triggers the work ({@link
 * #work}), which only one thread at a time does. So the calls to the subscription are serial and happen without a lock,
 * and a publisher that delivers inside {@code request} does not recurse.
 *
 * <p>Rule numbers refer to the Reactive Streams specification 1.0.4.
 */
final class SinkSubscriber extends SerialWork implements Flow.Subscriber<Event> {

    /** Less than the default size of a sink's small queue. */
    static final int DEMAND = 16;

    private final Sink sink;

    // Used by any thread.
    private final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
    private final ConcurrentLinkedQueue<Event> held = new ConcurrentLinkedQueue<>();
    /** Events that were requested and have not arrived. */
    private final AtomicLong outstanding = new AtomicLong();

    private volatile boolean done;
    /**
     * Set when the publisher has terminated: its subscription then counts as cancelled (rule 2.4) and must not be
     * called (rule 2.3).
     */
    private volatile boolean terminated;

    private volatile @Nullable Throwable failure;

    // Used only by the thread that does the work.
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
        // Both are registered before the publisher is called, so that the end of the client is never missed.
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
            return; // rule 2.8: events may still arrive after a cancel
        }
        if (outstanding.getAndDecrement() <= 0) {
            outstanding.incrementAndGet();
            fail(new IllegalStateException("the publisher sent more events than requested (rule 1.1)"));
            return;
        }
        held.add(event);
        signal();
    }

    @Override
    public void onError(Throwable newFailure) {
        Objects.requireNonNull(newFailure, "failure"); // rule 2.13
        terminated = true;
        fail(newFailure);
    }

    @Override
    public void onComplete() {
        terminated = true;
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

    @Override
    void work() {
        if (!sink.isOpen()) {
            end();
            return;
        }
        boolean last = done; // read before the events, so that all events before the end are seen
        Throwable failed = failure;
        for (Event next = held.peek(); next != null && sink.offer(next); next = held.peek()) {
            held.poll(); // removed only after the sink has accepted it
        }
        if (failed != null) {
            sink.fail(failed);
            end();
        } else if (last && held.isEmpty()) {
            sink.complete();
            end();
        } else if (!last && held.isEmpty()) {
            requestMore();
        }
    }

    private void requestMore() {
        Flow.Subscription current = subscription.get();
        if (current != null && outstanding.get() == 0 && sink.isWritable()) {
            outstanding.set(DEMAND);
            current.request(DEMAND);
        }
    }

    /** Releases the held events and cancels the subscription, also one that arrives after this. */
    private void end() {
        if (!ended) {
            ended = true;
            done = true;
            writable.cancel();
        }
        held.clear();
        Flow.Subscription subscribed = subscription.get();
        if (subscribed != null && !cancelled && !terminated) {
            cancelled = true;
            subscribed.cancel();
        }
    }

    @Override
    void failed(Throwable workFailure) { // thrown by the subscription, or by the sink for an event that it rejects
        sink.fail(workFailure);
    }
}
