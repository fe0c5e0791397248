package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtocolReportTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private static Run run(String server, String kind, String workload, String figures) throws IOException {
        return new Run(JSON.readTree("{\"server\":\"" + server + "\",\"kind\":\"" + kind + "\",\"round\":1,"
                + "\"workload\":\"" + workload + "\"," + figures + "}"));
    }

    @Test
    void theTargetsAreRatiosOfEventsPerSecondOfProcessorTime() throws IOException {
        Results results = new Results();
        results.add(run("floor-batch", "FLOOR", "tls-saturate", "\"serverCpuPerMillion\":1.0"));
        results.add(run("sluice jdk", "SLUICE", "tls-saturate", "\"serverCpuPerMillion\":4.0"));
        results.add(run("sluice tcnative", "SLUICE", "tls-saturate", "\"serverCpuPerMillion\":2.0"));
        results.add(run("bare-netty jdk", "BARE", "tls-saturate", "\"serverCpuPerMillion\":1.5"));
        results.add(run("helidon", "PEER", "tls-saturate", "\"serverCpuPerMillion\":5.0"));
        ProtocolReport.write(folder, results, "Measured today.");
        assertThat(Files.readString(folder.resolve("benchmarks.md")))
                .startsWith("<!-- protocols: begin -->\nMeasured today.")
                .contains(
                        "| tls-saturate | events per CPU second | sluice tcnative | floor-batch | 0.50 |",
                        "| tls-saturate | events per CPU second | sluice tcnative | helidon | 2.50 |")
                .doesNotContain("h2-", "gzip-");
    }

    @Test
    void theMemoryOfACompressedClientIsComparedWithThatOfAPlainOne() throws IOException {
        Results results = new Results();
        results.add(run("sluice identity", "SLUICE", "gzip-idle", "\"livePerClient\":1800"));
        results.add(run("sluice gzip", "SLUICE", "gzip-idle", "\"livePerClient\":1850"));
        results.add(run("vertx", "PEER", "gzip-idle", "\"error\":\"has not started\""));
        ProtocolReport.write(folder, results, "Measured today.");
        assertThat(Files.readString(folder.resolve("benchmarks.md")))
                .contains("| **sluice gzip** | – | 1,850 | 50 |", "- vertx, gzip-idle, round 1: has not started");
    }
}
