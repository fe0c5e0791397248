package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import one.profiler.AsyncProfilerLoader;

/**
 * async-profiler on another virtual machine, from the generator's first mark to its last. It counts by perf events, which
 * see into the kernel; where those are not allowed, by timers, which do not.
 */
final class Profiler implements Marks {

    private static final List<String> EVENTS = List.of("cpu", "ctimer", "itimer");

    private final String pid;
    private final String interval;
    private List<String> left;
    private boolean running;

    /**
     * @param event the only one that is tried, or empty
     * @param interval between two samples, as async-profiler wants it
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
                // not ours
            }
        }
    }

    /** Begins to count; what was counted before is forgotten. */
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
                System.err.println("async-profiler cannot count by " + event() + " here, so by " + left.get(1) + ": "
                        + String.valueOf(e.getMessage()).strip());
                left = left.subList(1, left.size());
            }
        }
    }

    private void stop() throws IOException {
        if (running) {
            running = false;
            ask("stop", "-o", "collapsed", "-f", "/dev/null"); // what was counted can still be dumped
        }
    }

    /** By what it counts. */
    String event() {
        return left.get(0);
    }

    /** Ends it, and writes a flame graph. @return the stacks, one a line */
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
