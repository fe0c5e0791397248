package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.topic.StartPosition;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed with SIGKILL while it publishes, and the next one continues. */
@Timeout(300)
class HistoryKillTest {

    private static final int ROUNDS = 3;

    @TempDir
    Path directory;

    /** The output of a killed process, line by line: number and id. */
    private record Output(List<Integer> numbers, List<String> ids) {}

    @Test
    void eventsAcknowledgedAsForcedSurvive() throws Exception {
        Set<String> given = new HashSet<>();
        List<Integer> acknowledged = new ArrayList<>();
        int next = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Output output = runAndKill("always", next, 300 + 137 * round, Duration.ZERO);
            assertThat(output.ids).allMatch(given::add); // no id was assigned twice
            acknowledged.addAll(output.numbers);
            try (HistoryFixture bench = bench(SyncPolicy.always())) {
                List<Integer> kept = kept(bench);
                assertThat(kept).containsAll(acknowledged).isSorted().doesNotHaveDuplicates();
                next = kept.get(kept.size() - 1) + 1;
                String last = output.ids.get(output.ids.size() - 1);
                assertThat(bench.open(StartPosition.after(last), "a").gaps()).isEmpty();
            }
        }
    }

    @Test
    void withoutForcedWritesOnlyTheLastEventsAreMissing() throws Exception {
        Output output = runAndKill("every", 0, 5_000, Duration.ofMillis(600));
        try (HistoryFixture bench = bench(SyncPolicy.every(Duration.ofMillis(100)))) {
            List<Integer> kept = kept(bench);
            if (kept.size() < StartPosition.MAX_REPLAY) {
                assertThat(kept.get(0)).isZero();
            }
            assertThat(kept.get(kept.size() - 1) - kept.get(0))
                    .as("no event missing in between")
                    .isEqualTo(kept.size() - 1);
            assertThat(kept.size()).as("of %s", output.numbers.size()).isGreaterThan(1000);
            assertThat(bench.open(StartPosition.after(output.ids.get(0)), "a")
                            .gaps()
                            .get(0)
                            .data())
                    .contains("\"lost\"");
            assertThat(output.ids).doesNotContain(bench.publish("a", "new"));
        }
    }

    private HistoryFixture bench(SyncPolicy sync) {
        return new HistoryFixture(directory, sync, options -> options.historyEvents(10));
    }

    private static List<Integer> kept(HistoryFixture bench) {
        int events = bench.hub.topics(null, 1).get(0).events();
        FakeSink all = bench.open(StartPosition.replay(StartPosition.MAX_REPLAY), "a");
        bench.untilReceived(all, Math.min(events, StartPosition.MAX_REPLAY));
        return all.data().stream().map(Integer::valueOf).toList();
    }

    /**
     * @param publishes for how long the process publishes at least; it may have committed little when it has written
     *     its lines
     * @return the output of the process until it was killed, in the order of the numbers
     */
    private Output runAndKill(String sync, int first, int lines, Duration publishes)
            throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HistoryChild.class.getName(),
                        directory.toString(),
                        sync,
                        Integer.toString(first))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Output output = new Output(new ArrayList<>(), new ArrayList<>());
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            StringBuilder line = new StringBuilder();
            boolean killed = false;
            long firstNanos = 0;
            for (int c = out.read(); c >= 0; c = out.read()) {
                if (c != '\n') {
                    line.append((char) c);
                    continue;
                }
                String[] words = line.toString().split(" ", 2);
                line.setLength(0);
                if (words.length == 2 && words[0].matches("[0-9]+")) { // otherwise a line of the log
                    output.numbers.add(Integer.valueOf(words[0]));
                    output.ids.add(words[1]);
                }
                firstNanos = firstNanos == 0 ? System.nanoTime() : firstNanos;
                boolean isLongEnough = System.nanoTime() - firstNanos >= publishes.toNanos();
                if (!killed && output.numbers.size() >= lines && isLongEnough) {
                    child.toHandle().destroyForcibly(); // SIGKILL; unlike the process itself it leaves the stream open
                    killed = true;
                }
            }
        } finally {
            child.destroyForcibly();
            child.waitFor();
        }
        assertThat(output.numbers).hasSizeGreaterThanOrEqualTo(lines);
        return output;
    }
}
