package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import one.profiler.AsyncProfilerLoader;

/**
 * Runs async-profiler on another virtual machine, from the generator's first mark to its last. It samples by perf
 * events, which include the kernel; if they are not permitted, by timers, which do not.
 */
final class Profiler implements Marks {

    private static final List<String> EVENTS = List.of("cpu", "ctimer", "itimer");

    private final String pid;
    private final String interval;
    private List<String> left;
    private boolean running;

    /**
     * @param event the only event to try; empty for all of them
     * @param interval the time between two samples, in the syntax of async-profiler
     */
    Profiler(long pid, String event, String interval) throws IOException {
        this.pid = Long.toString(pid);
        this.interval = interval;
        this.left = event.isEmpty() ? EVENTS : List.of(event);
        AsyncProfilerLoader.setExtractionDirectory(
                Files.createDirectories(Home.work().resolve("async-profiler")));
    }

    @Override
    public void reached(String mark) throws IOException {
        switch (mark) {
            case "before", "begin" -> start();
            case "after", "end" -> stop();
            default -> {
                // not relevant for profiling
            }
        }
    }

    /** Starts sampling and discards earlier samples. */
    void start() throws IOException {
        stop();
        while (!running) {
            try {
                ask("start", "-e", event(), "-i", interval, "-t");
                running = true;
            } catch (IOException e) {
                if (left.size() == 1) {
                    throw e;
                }
                System.err.println("async-profiler cannot sample by " + event() + " here, trying " + left.get(1) + ": "
                        + String.valueOf(e.getMessage()).strip());
                left = left.subList(1, left.size());
            }
        }
    }

    private void stop() throws IOException {
        if (running) {
            running = false;
            ask("stop", "-o", "collapsed", "-f", "/dev/null"); // the samples can still be dumped
        }
    }

    /** The event that triggers samples. */
    String event() {
        return left.get(0);
    }

    /** Stops sampling, and writes a flame graph. @return the stacks, one per line */
    List<String> end(Path flameGraph, String title) throws IOException {
        stop();
        ask("dump", "-o", "flamegraph", "-t", "-n", "--title", title, "-f", flameGraph.toString());
        Path stacks = Files.createTempFile("stacks", ".txt");
        try {
            ask("dump", "-o", "collapsed", "-t", "-n", "-a", "-l", "-f", stacks.toString());
            return Files.readAllLines(stacks);
        } finally {
            Files.delete(stacks);
        }
    }

    private void ask(String... arguments) throws IOException {
        String[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = pid;
        AsyncProfilerLoader.executeProfiler(all);
    }
}
