package io.sluice.sse.examples.server;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.LoggerFactory;

/**
 * The sources that {@code --demo} starts for the page: a job that reports its progress, and an answer that arrives as
 * tokens. Both begin again when they are finished. They publish to their topics only while a client subscribes, so an
 * unattended server keeps none of their events.
 */
final class DemoSources implements AutoCloseable {

    static final String JOB = "demo/job";
    static final String TOKENS = "demo/tokens";

    static final int JOB_STEPS = 20;

    /** Steps between two jobs, or two answers, so that a reader can see the result. */
    static final int PAUSE_STEPS = 12;

    private static final long STEP_MILLIS = 250;

    static final List<String> ANSWER = List.of(
            "A ",
            "topic ",
            "is ",
            "a ",
            "log, ",
            "and ",
            "a ",
            "client ",
            "is ",
            "a ",
            "position ",
            "in ",
            "it. ",
            "A ",
            "slow ",
            "reader ",
            "costs ",
            "one ",
            "number, ",
            "and ",
            "a ",
            "reconnect ",
            "loses ",
            "nothing ",
            "in ",
            "silence.");

    private final Hub hub;
    private final BooleanSupplier ready;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "sluice-demo");
        thread.setDaemon(true);
        return thread;
    });

    // Only one thread at a time makes steps.
    private int jobStep;
    private int tokenStep;

    /** @param ready whether the server accepts clients; a drain publishes nothing new */
    DemoSources(Hub hub, BooleanSupplier ready) {
        this.hub = hub;
        this.ready = ready;
    }

    void start() {
        timer.scheduleWithFixedDelay(this::step, STEP_MILLIS, STEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** One step of each source. */
    void step() {
        if (!ready.getAsBoolean()) {
            return;
        }
        try {
            if (hub.subscribers(JOB) > 0) {
                stepOfJob();
            }
            if (hub.subscribers(TOKENS) > 0) {
                stepOfTokens();
            }
        } catch (RuntimeException e) { // the next step may succeed
            LoggerFactory.getLogger(DemoSources.class).debug("a step of the demo failed", e);
        }
    }

    private void stepOfJob() {
        if (jobStep < JOB_STEPS) {
            publish(JOB, "progress", "{\"done\":" + jobStep + ",\"of\":" + JOB_STEPS + "}");
        } else if (jobStep == JOB_STEPS) {
            publish(JOB, "result", "{\"answer\":42}");
        }
        jobStep = (jobStep + 1) % (JOB_STEPS + PAUSE_STEPS);
    }

    private void stepOfTokens() {
        if (tokenStep == 0) {
            publish(TOKENS, "question", Json.write("How does Sluice work?"));
        } else if (tokenStep <= ANSWER.size()) {
            // As JSON, since a token may have blanks at its ends, and line breaks.
            publish(TOKENS, "token", Json.write(ANSWER.get(tokenStep - 1)));
        } else if (tokenStep == ANSWER.size() + 1) {
            publish(TOKENS, "answered", "{\"tokens\":" + ANSWER.size() + "}");
        }
        tokenStep = (tokenStep + 1) % (ANSWER.size() + 2 + PAUSE_STEPS);
    }

    /** The hub logs a publish that fails. */
    private void publish(String topic, String name, String data) {
        var unused = hub.publish(topic, Event.of(name, data));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
