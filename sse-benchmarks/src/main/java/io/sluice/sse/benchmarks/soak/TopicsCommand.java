package io.sluice.sse.benchmarks.soak;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures what a topic costs in a hub with very many topics: bytes of heap, and time from publish to delivery. Each
 * topic has one client in memory, without a socket, and one retained event of 100 bytes.
 */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures memory and time of a hub with very many topics, in a separate process.")
final class TopicsCommand implements Callable<Integer> {

    /** The time from publish to delivery may be at most this many times the time with ten topics. */
    private static final double MOST_TIMES = 2.0;

    private static final long NOT_MEASURED = -1;

    @Option(names = "--topics", defaultValue = "1000000", description = "Default: ${DEFAULT-VALUE}")
    int topics;

    @Option(
            names = "--heap",
            defaultValue = "1536m",
            description = "The heap of that process. Default: ${DEFAULT-VALUE}")
    String heap = "";

    @Option(
            names = "--jvm-option",
            description = "An additional option of its JVM, such as --jvm-option=-XX:+UseParallelGC; repeatable")
    List<String> jvm = new ArrayList<>();

    private final Figures figures = new Figures();

    @Override
    public Integer call() throws Exception {
        Process process = start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
            Footprint footprint = new Footprint(process.pid());
            Map<String, Footprint.ClassSize> few = weigh("few", footprint, out, in);
            Map<String, Footprint.ClassSize> many = weigh("many", footprint, out, in);
            report(few, many, times(out));
        } catch (IOException e) {
            figures.check("a hub with " + topics + " topics in " + heap, String.valueOf(e.getMessage()), "runs", false);
        } finally {
            process.destroyForcibly();
        }
        return figures.print(System.out, "topics");
    }

    private Process start() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+ExitOnOutOfMemoryError"));
        command.addAll(jvm);
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), TopicsProcess.class.getName(), Integer.toString(topics)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    /** Waits until the process reports this state, counts its classes, and lets it continue. */
    private static Map<String, Footprint.ClassSize> weigh(
            String state, Footprint footprint, BufferedReader out, Writer in) throws IOException, InterruptedException {
        String line = out.readLine();
        if (!state.equals(line)) {
            throw new IOException("expected state " + state + ", but the process reported " + line);
        }
        Map<String, Footprint.ClassSize> classes = footprint.liveClasses();
        in.write('\n');
        in.flush();
        return classes;
    }

    private static Map<String, Long> times(BufferedReader out) throws IOException {
        Map<String, Long> times = new HashMap<>();
        for (String line = out.readLine(); line != null && !line.equals("done"); line = out.readLine()) {
            int equals = line.indexOf('=');
            times.put(line.substring(0, equals), Long.parseLong(line.substring(equals + 1)));
        }
        return times;
    }

    private void report(
            Map<String, Footprint.ClassSize> few, Map<String, Footprint.ClassSize> many, Map<String, Long> times) {
        Map<String, Footprint.ClassSize> gained = new HashMap<>();
        many.forEach((name, size) -> gained.put(name, size.minus(few.getOrDefault(name, Footprint.ClassSize.NONE))));
        long live = many.values().stream().mapToLong(Footprint.ClassSize::bytes).sum();
        long bytes =
                gained.values().stream().mapToLong(Footprint.ClassSize::bytes).sum();
        gained.entrySet().stream()
                .filter(entry -> entry.getValue().bytes() >= topics)
                .sorted(Comparator.comparingLong(entry -> -entry.getValue().bytes()))
                .forEach(entry -> figures.note("per topic: " + entry.getKey(), perTopic(entry.getValue())));
        long ofFew = times.getOrDefault("few", 0L);
        figures.note("bytes of heap per topic", bytes / topics)
                .check(
                        "live heap with " + topics + " topics",
                        String.format(Locale.ROOT, "%.3f GiB", live / 0x1p30),
                        "in " + heap,
                        true)
                .note("publish to delivery, " + TopicsProcess.FEW + " topics", ofFew + " ns");
        long one = times.getOrDefault("one of many", NOT_MEASURED);
        long random = times.getOrDefault("random of many", NOT_MEASURED);
        figures.check("the same, on one of " + topics, times(one, ofFew), "<= " + MOST_TIMES, isKept(one, ofFew))
                .note("the same, on a random one each time", times(random, ofFew))
                .note("subscribe and publish to a new topic, the first tenth", times.get("first creations") + " ns")
                .note("the same, the last tenth", times.get("last creations") + " ns");
    }

    private String perTopic(Footprint.ClassSize size) {
        return String.format(
                Locale.ROOT, "%.1f in %.2f objects", (double) size.bytes() / topics, (double) size.objects() / topics);
    }

    private static boolean isKept(long nanos, long ofFew) {
        return nanos != NOT_MEASURED && nanos <= MOST_TIMES * ofFew;
    }

    private static String times(long nanos, long ofFew) {
        return nanos == NOT_MEASURED
                ? "not measured"
                : String.format(Locale.ROOT, "%d ns, %.2f times", nanos, (double) nanos / ofFew);
    }
}
