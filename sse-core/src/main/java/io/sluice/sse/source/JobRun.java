package io.sluice.sse.source;

import io.sluice.sse.Registration;
import io.sluice.sse.Sink;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Follows a {@link Job} for one sink. It sends the newest state that was not yet sent, as soon as the sink accepts it,
 * and completes the sink after the last one. Signals may come from any thread and may be nested; only one thread at a
 * time does the work.
 */
final class JobRun {

    private final Sink sink;
    private final Job job;
    private final AtomicInteger signals = new AtomicInteger();

    // Used only by the thread that does the work.
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
        sink.onWritable(run::signal); // also called at once, for the state that exists already
    }

    private void signal() {
        if (signals.getAndIncrement() > 0) {
            return; // the thread that does the work checks once more
        }
        int seenSignals = 1;
        do {
            try {
                work();
            } catch (Throwable t) { // an event that this sink rejects
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
