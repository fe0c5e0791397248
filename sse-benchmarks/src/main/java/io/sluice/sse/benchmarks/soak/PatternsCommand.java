package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.Event;
import io.sluice.sse.topic.TopicPattern;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the cost of a stream with new patterns in a hub with many topics: the time for which it holds the hub's
 * lock, compared with a scan of all names for each pattern. Runs in this process.
 */
@Command(
        name = "patterns",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Times streams of new patterns over a hub with many topics.")
final class PatternsCommand implements Callable<Integer> {

    private static final int PATTERNS = 100;
    private static final int ROUNDS = 21;
    /** Streams of patterns that match one topic each must be this many times faster than a scan. */
    private static final double LEAST_TIMES = 100;

    /** Patterns that match one topic each. */
    private static final List<IntFunction<String>> FORMS = List.of(
            i -> String.format(Locale.ROOT, "users/%07d/*", i),
            i -> String.format(Locale.ROOT, "users/%07d/**", i),
            i -> String.format(Locale.ROOT, "*/%07d/inbox", i),
            i -> String.format(Locale.ROOT, "users/*/%07d", i),
            i -> String.format(Locale.ROOT, "*/*/%07d", i));

    @Option(names = "--topics", defaultValue = "200000", description = "Default: ${DEFAULT-VALUE}")
    int topics;

    private final Figures figures = new Figures();

    @Override
    public Integer call() {
        MemoryHub hub = new MemoryHub(topics * 2);
        Event event = Event.of("x");
        for (int i = 0; i < topics; i++) {
            hub.publish(MemoryHub.name(i), event);
        }
        for (int i = 0; i < topics / 2; i++) { // so that the last segment can be rare, too
            hub.publish(String.format(Locale.ROOT, "users/%d/%07d", i, i), event);
        }
        figures.note("topics", topics + topics / 2);
        long first = time(hub, FORMS.get(0), 0);
        figures.note(PATTERNS + " new patterns, the very first stream", TimeFormat.millis(first));
        long begin = System.nanoTime();
        ForkJoinPool.commonPool().awaitQuiescence(60, TimeUnit.SECONDS);
        figures.note(
                "then, until the background indexing of the topics has finished",
                TimeFormat.millis(System.nanoTime() - begin));
        int next = PATTERNS;
        for (IntFunction<String> form : FORMS) {
            long[] times = new long[ROUNDS];
            for (int round = 0; round < ROUNDS; round++, next += PATTERNS) {
                times[round] = time(hub, form, next);
            }
            Arrays.sort(times);
            long scan = scan(form, next);
            long median = times[ROUNDS / 2];
            double ratio = (double) scan / median;
            figures.check(
                    PATTERNS + " new ones as " + form.apply(7) + ", slowest, median, by a scan",
                    TimeFormat.millis(times[ROUNDS - 1]) + ", " + TimeFormat.millis(median) + ", "
                            + TimeFormat.millis(scan) + String.format(Locale.ROOT, ": %.0f times", ratio),
                    ">= " + (int) LEAST_TIMES + " times",
                    ratio >= LEAST_TIMES);
        }
        return figures.print(System.out, "patterns");
    }

    private static long time(MemoryHub hub, IntFunction<String> form, int from) {
        String[] terms = IntStream.range(from, from + PATTERNS).mapToObj(form).toArray(String[]::new);
        long begin = System.nanoTime();
        hub.subscribe(terms);
        return System.nanoTime() - begin;
    }

    private long scan(IntFunction<String> form, int from) {
        List<TopicPattern> patterns = IntStream.range(from, from + PATTERNS)
                .mapToObj(form)
                .map(TopicPattern::of)
                .toList();
        String[] names = IntStream.range(0, topics).mapToObj(MemoryHub::name).toArray(String[]::new);
        long begin = System.nanoTime();
        long found = 0;
        for (TopicPattern pattern : patterns) {
            for (String name : names) {
                found += pattern.matches(name) ? 1 : 0;
            }
        }
        long took = System.nanoTime() - begin;
        if (found > PATTERNS) {
            throw new AssertionError(found + " topics found");
        }
        return took;
    }
}
