package io.sluice.sse.source;

import io.sluice.sse.Scope.Registration;
import io.sluice.sse.Sink;

/**
 * Follows a {@link Job} for one sink. It sends the newest state that was not yet sent, as soon as the sink accepts it,
 * and completes the sink after the last one.
 */
final class JobRun extends SerialWork {

    private final Sink sink;
    private final Job job;

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

    @Override
    void work() {
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

    @Override
    void failed(Throwable failure) { // the sink has rejected the event
        done = true;
        sink.fail(failure);
    }
}
