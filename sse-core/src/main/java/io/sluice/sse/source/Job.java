package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Scope.Registration;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The state of a piece of work that clients follow with {@link Sources#job}. The code that does the work reports its
 * progress and at the end its result. Only the newest state is kept. A slow client may therefore miss intermediate
 * progress but never the end, and a client that connects late or reconnects receives the current state. If every event
 * counts, a topic that ends is the right choice: see {@link io.sluice.sse.hub.Hub#end}.
 *
 * <p>The job belongs to the code that created it: it continues when clients leave, and it lives as long as that code
 * references it. Thread-safe. Reports are sent on the caller's thread without blocking.
 */
public final class Job {

    /**
     * @param number increases with each state; 0 if nothing was reported yet
     * @param bug the exception that was thrown while the last event was created; null if there was none
     */
    record State(
            long number,
            Event event,
            boolean isLast,
            @Nullable Throwable bug) {}

    private static final Event NOTHING = Event.of("");
    private static final State NONE = new State(0, NOTHING, false, null);

    private final AtomicReference<State> state = new AtomicReference<>(NONE);
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    private Job() {}

    /** Creates a job with no state yet. */
    public static Job create() {
        return new Job();
    }

    /**
     * Creates a job that ends when a stage completes. {@link #progress} can be called until then.
     *
     * @param result creates the last event from the value of the stage
     * @param failure creates the last event from the exception of the stage. The event goes to the client, so it must
     *     not contain more than the client may see. If either function throws, the sinks close with {@link
     *     io.sluice.sse.CloseReason#SOURCE_FAILED}
     */
    public static <T> Job of(
            CompletionStage<T> stage, Function<? super T, Event> result, Function<? super Throwable, Event> failure) {
        Job job = new Job();
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(failure, "failure");
        stage.whenComplete((value, thrown) -> {
            try {
                job.end(Objects.requireNonNull(
                        thrown == null ? result.apply(value) : failure.apply(causeOf(thrown)), "event"));
            } catch (Throwable t) {
                job.publish(NOTHING, true, t);
            }
        });
        return job;
    }

    /** A dependent stage wraps the exception of the stage that failed. */
    private static Throwable causeOf(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown instanceof CompletionException && cause != null ? cause : thrown;
    }

    /**
     * Reports progress: the event replaces the previous one wherever that has not been sent yet.
     *
     * @return false if the job has already ended; then nothing is sent
     */
    public boolean progress(Event event) {
        return publish(event, false, null);
    }

    /**
     * Ends the job, whether the work succeeded or failed. The clients receive this event, and their streams are
     * completed for good.
     *
     * @return false if the job had already ended; then nothing is sent
     */
    public boolean end(Event event) {
        return publish(event, true, null);
    }

    /** Whether the job has ended. */
    public boolean hasEnded() {
        return state.get().isLast;
    }

    private boolean publish(Event event, boolean last, @Nullable Throwable bug) {
        if (event.data() == null) {
            throw new IllegalArgumentException(
                    "event: no data (expected: data, possibly empty, because clients ignore events without data)");
        }
        State before;
        do {
            before = state.get();
            if (before.isLast) {
                return false;
            }
        } while (!state.compareAndSet(before, new State(before.number + 1, event, last, bug)));
        listeners.forEach(Runnable::run);
        return true;
    }

    State state() {
        return state.get();
    }

    /** Runs {@code listener} after each change, on any thread; it must neither block nor throw. */
    Registration listen(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** For tests. */
    int listeners() {
        return listeners.size();
    }
}
