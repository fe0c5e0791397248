package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenReportTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PAGE = "<!-- figures: begin -->\nof another run\n<!-- figures: end -->\n";

    @TempDir
    Path folder;

    private static Run run(String server, String kind, String workload, String figures) throws IOException {
        return new Run(JSON.readTree("{\"server\":\"" + server + "\",\"kind\":\"" + kind + "\",\"round\":1,"
                + "\"workload\":\"" + workload + "\"," + figures + "}"));
    }

    /** So a run of this stage alone leaves the other figures of the page as they are. */
    @Test
    void aRunOfTokenStreamsWritesTheirSectionAlone() throws IOException {
        Results results = new Results();
        for (String workload : List.of("tokens-topics", "tokens-sources")) {
            results.add(run("bare-netty", "PEER", workload, "\"serverCpuPerMillion\":10.0,\"latency\":{\"p99\":2000}"));
            results.add(
                    run("sluice epoll", "SLUICE", workload, "\"serverCpuPerMillion\":8.0,\"latency\":{\"p99\":1000}"));
            results.add(run("vertx", "PEER", workload, "\"serverCpuPerMillion\":16.0,\"latency\":{\"p99\":4000}"));
        }
        results.add(run("armeria", "PEER", "tokens-topics", "\"error\":\"has not started\""));
        Path page = Files.writeString(folder.resolve("benchmarks.md"), PAGE);
        Report.write(folder, results, List.of());
        assertThat(Files.readString(page))
                .startsWith(PAGE + "<!-- tokens: begin -->\nMeasured on ")
                .contains(
                        "| tokens-topics | CPU s per million | sluice epoll | bare-netty | 0.80 |",
                        "| tokens-sources | p99 | sluice epoll | vertx | 0.25 |",
                        "### Token streams: 1,000 clients with topics of their own",
                        "### Token streams: 1,000 clients with sources of their own",
                        "| **sluice epoll** | 8.00 | 0.80 |",
                        "- armeria, tokens-topics, round 1: has not started")
                .endsWith("<!-- tokens: end -->\n");
        assertThat(folder.resolve("benchmarks")).as("no plots").doesNotExist();
    }

    @Test
    void theTargetsAreOfThePeersThatServeTokenStreams() {
        assertThat(Target.ofTokens())
                .allMatch(target -> TokenReport.covers(target.workload()))
                .extracting(Target::base)
                .containsAll(Peers.WITH_TOKENS)
                .contains(Contenders.BARE_NETTY);
        assertThat(Target.all()).noneMatch(target -> TokenReport.covers(target.workload()));
    }
}
