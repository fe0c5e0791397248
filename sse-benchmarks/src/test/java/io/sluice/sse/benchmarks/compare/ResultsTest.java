package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("results.jsonl");
    }

    private void run(String server, String kind, int round, String figures) throws IOException {
        ObjectNode line = JSON.createObjectNode()
                .put("server", server)
                .put("kind", kind)
                .put("workload", "saturate-1000")
                .put("round", round);
        line.setAll((ObjectNode) JSON.readTree(figures));
        Results.append(file(), line);
    }

    private Results read() throws IOException {
        return Results.read(file());
    }

    @Test
    void aRatioIsComputedWithinEachRoundAndTheMedianReported() throws IOException {
        // the machine is ten times slower in the second round: ratios do not change, but a ratio of medians would
        run("sluice epoll", "SLUICE", 1, "{\"eventsPerSecond\": 200}");
        run("floor", "FLOOR", 1, "{\"eventsPerSecond\": 100}");
        run("sluice epoll", "SLUICE", 2, "{\"eventsPerSecond\": 20}");
        run("floor", "FLOOR", 2, "{\"eventsPerSecond\": 10}");
        run("sluice epoll", "SLUICE", 3, "{\"eventsPerSecond\": 300}");
        run("floor", "FLOOR", 3, "{\"eventsPerSecond\": 100}");
        Results results = read();
        assertThat(results.ratio("sluice epoll", "floor", "saturate-1000", Figure.EVENTS_PER_SECOND))
                .hasValue(2);
        assertThat(results.median("sluice epoll", "saturate-1000", Figure.EVENTS_PER_SECOND))
                .hasValue(200);
    }

    @Test
    void aRoundInWhichOneOfTwoServersFailedHasNoRatio() throws IOException {
        run("a", "PEER", 1, "{\"eventsPerSecond\": 200}");
        run("b", "PEER", 1, "{\"error\": \"has not started\", \"eventsPerSecond\": 1}");
        run("b", "PEER", 2, "{\"eventsPerSecond\": 100}");
        Results results = read();
        assertThat(results.ratio("a", "b", "saturate-1000", Figure.EVENTS_PER_SECOND))
                .isEmpty();
        assertThat(results.failed()).extracting(Run::error).containsExactly("has not started");
    }

    @Test
    void theBestServerHasTheHighestOrTheLowestValueDependingOnTheFigure() throws IOException {
        run("a", "PEER", 1, "{\"eventsPerSecond\": 200, \"latency\": {\"p99\": 5}}");
        run("b", "PEER", 1, "{\"eventsPerSecond\": 100, \"latency\": {\"p99\": 3}}");
        run("c", "PEER", 1, "{}");
        Results results = read();
        List<String> all = results.servers(Contender.Kind.PEER);
        assertThat(results.best(all, "saturate-1000", Figure.EVENTS_PER_SECOND)).hasValue("a");
        assertThat(results.best(all, "saturate-1000", Figure.P99)).hasValue("b");
        assertThat(results.best(List.of("c"), "saturate-1000", Figure.P99)).isEmpty();
    }

    @Test
    void aRunIsCorrectOnlyIfEveryClientGotEverything() throws IOException {
        run("a", "PEER", 1, "{\"badClients\": 0, \"wrongLength\": 0}");
        run("a", "PEER", 2, "{\"badClients\": 1}");
        run("a", "PEER", 3, "{\"badClients\": 0, \"wrongLength\": 3}");
        run("a", "PEER", 4, "{\"error\": \"gone\"}");
        assertThat(read().of("a", "saturate-1000"))
                .extracting(Run::isCorrect)
                .containsExactly(true, false, false, false);
    }

    @Test
    void theFirstTwoTimesOfAReplayDoNotCount() throws IOException {
        run("a", "PEER", 1, "{\"millis0\": 900, \"millis1\": 300, \"millis2\": 10, \"millis3\": 30, \"millis4\": 20}");
        assertThat(read().median("a", "saturate-1000", Figure.REPLAY)).hasValue(20);
    }

    @Test
    void theOutputOfTheGeneratorIsParsed() throws IOException {
        Files.writeString(
                file(),
                "{\"server\":\"floor\",\"workload\":\"rate-20\",\"round\":1,\"generatorBound\":1,"
                        + "\"latency\":{\"count\":2,\"p50\":61210.6,\"buckets\":[[128,1],[61210,1]]}}\n\n");
        Run run = read().of("floor", "rate-20").get(0);
        assertThat(run.figure("latency.p50")).hasValue(61210.6);
        assertThat(run.figure("latency.p99")).isEmpty();
        assertThat(run.isBoundByGenerator()).isTrue();
    }

    @Test
    void theMedianOfAnEvenNumberOfValuesIsTheMeanOfTheTwoInTheMiddle() {
        assertThat(Medians.of(List.of(4.0, 1.0, 2.0, 100.0))).hasValue(3);
        assertThat(Medians.of(List.of(7.0))).hasValue(7);
        assertThat(Medians.of(List.of())).isEmpty();
    }
}
