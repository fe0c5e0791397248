package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Takes readings of a server at intervals on its own thread, and writes them to a file. */
final class Sampler implements AutoCloseable {

    /** A reading and the time since the start. */
    record Sample(double seconds, Reading reading) {}

    private final ServerProcess server;
    private final ServerApi api;
    private final boolean quiet;
    private final List<Sample> samples = new CopyOnWriteArrayList<>();
    private final long startNanos = System.nanoTime();
    private final Thread thread;
    private volatile boolean stopped;

    /** @param interval the time between two readings; zero for no readings */
    Sampler(ServerProcess server, ServerApi api, Duration interval, boolean prints) {
        this.server = server;
        this.api = api;
        this.quiet = !prints;
        thread = new Thread(() -> run(interval), "sampler");
        thread.setDaemon(true);
        if (!interval.isZero()) {
            thread.start();
        }
    }

    private void run(Duration interval) {
        while (!stopped) {
            try {
                Reading reading = Reading.of(server, api);
                Sample sample = new Sample((System.nanoTime() - startNanos) / 1e9, reading);
                samples.add(sample);
                if (!quiet) {
                    System.out.printf(
                            "%6.0f s  heap %s  resident %s  threads %d  descriptors %d  %s%n",
                            sample.seconds,
                            Reading.mebibytes(reading.heapBytes()),
                            Reading.mebibytes(reading.residentBytes()),
                            reading.threads(),
                            reading.descriptors(),
                            reading.owned());
                }
            } catch (IOException e) {
                System.err.println("no reading: " + e);
            } catch (InterruptedException e) {
                return;
            }
            Pace.pause(interval);
        }
    }

    /** Stops, and writes the readings, if there are any. */
    void write(@Nullable Path plot, String title) throws IOException {
        close();
        if (plot == null || samples.isEmpty()) {
            return;
        }
        SoakPlot.write(plot, title, samples);
        System.out.println("plot: " + plot);
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
