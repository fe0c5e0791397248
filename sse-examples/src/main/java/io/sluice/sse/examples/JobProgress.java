package io.sluice.sse.examples;

import io.sluice.sse.Event;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.source.Job;
import io.sluice.sse.source.Sources;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * One request starts a job, and any number of other requests follow it. A client that connects late, or reconnects,
 * receives the newest state, and at the end the result. After the result the client stays away. Start the program, and
 * run in another terminal:
 *
 * <pre>curl -N "http://127.0.0.1:8080/jobs/$(curl -s -X POST http://127.0.0.1:8080/jobs)"</pre>
 */
public final class JobProgress {

    private static final int STEPS = 20;

    /** The last hundred jobs by id. An ended job is kept so that its clients can still receive the result. */
    private final Map<String, Job> jobs = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Job> eldest) {
            return size() > 100;
        }
    };

    /** One step of the work. */
    interface Step {
        void run() throws InterruptedException;
    }

    private final Step step;

    private JobProgress(Step step) {
        this.step = step;
    }

    /** Serves until the process is killed. */
    public static void main(String[] args) throws Exception {
        try (SseServer server = start(8080, () -> TimeUnit.MILLISECONDS.sleep(500))) {
            System.out.println("curl -N \"" + server.uri() + "/jobs/$(curl -s -X POST " + server.uri() + "/jobs)\"");
            server.awaitTermination();
        }
    }

    static SseServer start(int port, Step step) throws IOException {
        JobProgress example = new JobProgress(step);
        SseServerBuilder server = SseServer.builder().port(port);
        server.route(
                "POST",
                "/jobs",
                request -> RouteResponse.of(202, "text/plain", example.begin()).completed());
        server.streams("/jobs/**", request -> SseStream.of(Sources.job(example.find(request.subPath()))));
        return server.start();
    }

    private synchronized String begin() {
        String id = UUID.randomUUID().toString();
        Job job = Job.create();
        jobs.put(id, job);
        Thread worker = new Thread(() -> work(job), "job " + id);
        worker.setDaemon(true);
        worker.start();
        return id;
    }

    private synchronized Job find(String id) {
        Job job = jobs.get(id);
        if (job == null) {
            throw HttpStatusException.of(404, "there is no such job");
        }
        return job;
    }

    /** The work does not depend on clients, their number or their speed. */
    private void work(Job job) {
        try {
            for (int done = 0; done < STEPS; done++) {
                job.progress(Event.of("progress", "{\"done\":" + done + ",\"of\":" + STEPS + "}"));
                step.run();
            }
            job.end(Event.of("result", "{\"answer\":42}"));
        } catch (InterruptedException e) {
            job.end(Event.of("failed", "{\"reason\":\"interrupted\"}"));
        }
    }
}
