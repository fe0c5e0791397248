package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Registration;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The state of a piece of work, for clients to follow by {@link Sources#job}: whoever does the work tells its progress, and
 * in the end what came of it. Only the newest state is kept. So a client that is slow misses progress in between and never
 * the end, and one that comes late, or comes back, gets the state of that moment.
 *
 * <p>The job is its owner's: it goes on when clients leave, and the owner forgets it. Thread-safe. What is told is sent from
 * the caller's thread, without blocking.
 */
public final class Job {

    /**
     * @param number rises with each state; 0 is none yet
     * @param bug what was thrown where the last event should have been made; or null
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

    /** A job of which nothing is known yet. */
    public static Job create() {
        return new Job();
    }

    /**
     * A job that ends when a stage completes; {@link #progress} can be told meanwhile.
     *
     * @param result the last event, from what the stage completes with
     * @param failure the last event, from what it fails with. It goes to the client: name no more than that may know. If
     *     either function throws, the sinks close with {@link io.sluice.sse.CloseReason#SOURCE_FAILED}
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
                job.tell(NOTHING, true, t);
            }
        });
        return job;
    }

    /** A stage that depends on the one that failed wraps what that failed with. */
    private static Throwable causeOf(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown instanceof CompletionException && cause != null ? cause : thrown;
    }

    /**
     * The work has come this far: the event takes the place of the one before, wherever that has not been sent yet.
     *
     * @return false if the job has ended, and nothing is told
     */
    public boolean progress(Event event) {
        return tell(event, false, null);
    }

    /**
     * The work has ended, well or not: its clients get this event, and the ends of their streams, for good.
     *
     * @return false if the job had ended before, and nothing is told
     */
    public boolean end(Event event) {
        return tell(event, true, null);
    }

    /** Whether it has ended. */
    public boolean hasEnded() {
        return state.get().isLast;
    }

    private boolean tell(Event event, boolean last, @Nullable Throwable bug) {
        if (event.data() == null) {
            throw new IllegalArgumentException("event without data: a client would not dispatch it; use empty data");
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
