package io.sluice.sse.source;

import io.sluice.sse.Registration;
import io.sluice.sse.Sink;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one sink has of a {@link Job}: sends the newest state that it has not sent, when the sink takes it, and completes
 * it behind the last. Signals may come from any thread, and inside of each other; one thread at a time does the work.
 */
final class JobRun {

    private final Sink sink;
    private final Job job;
    private final AtomicInteger signals = new AtomicInteger();

    // Of the work, which one thread does at a time.
    private long seen;
    private boolean done;

    private JobRun(Sink sink, Job job) {
        this.sink = sink;
        this.job = job;
    }

    static void start(Sink sink, Job job) {
        JobRun run = new JobRun(sink, job);
        Registration listening = job.listen(run::signal);
        sink.scope().onClose(reason -> listening.cancel());
        sink.onWritable(run::signal); // at once too: what there is already
    }

    private void signal() {
        if (signals.getAndIncrement() > 0) {
            return; // whoever works looks once more
        }
        int seenSignals = 1;
        do {
            try {
                work();
            } catch (Throwable t) { // an event that this sink refuses
                done = true;
                sink.fail(t);
            }
            seenSignals = signals.addAndGet(-seenSignals);
        } while (seenSignals > 0);
    }

    private void work() {
        Job.State state = job.state();
        if (state.bug() != null && !done) {
            done = true;
            sink.fail(state.bug());
            return;
        }
        if (done || state.number() == seen || !sink.offer(state.event())) {
            return;
        }
        seen = state.number();
        if (state.isLast()) {
            done = true;
            sink.complete();
        }
    }
}
