package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class MetricsContractTest {

    @Test
    void theLedgerReturnsToZeroAfterChurn() throws Exception {
        try (TestServer server = TestServer.start()) {
            List<RawStream> streams = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                RawStream stream = server.stream("/events/a?topic=b/*");
                stream.head();
                stream.firstBlock();
                streams.add(stream);
            }
            server.publish("a", "x");
            assertThat(figures(server)).containsEntry("sluice_sinks", 20.0).containsEntry("sluice_subscriptions", 20.0);
            for (RawStream stream : streams) {
                stream.until("data: x\n");
                stream.close();
            }
            Awaitility.await().untilAsserted(() -> {
                Map<String, Double> figures = figures(server);
                for (String own : new String[] {"sinks", "subscriptions", "tasks", "listeners", "buffers", "lag_max"}) {
                    assertThat(figures).containsEntry("sluice_" + own, 0.0);
                }
                assertThat(figures).containsEntry("sluice_connections", 1.0); // the connection of this request
                assertThat(figures).containsEntry("sluice_sinks_opened_total", 20.0);
                assertThat(figures).containsEntry("sluice_events_delivered_total", 20.0);
                assertThat(figures.entrySet().stream()
                                .filter(figure -> figure.getKey().startsWith("sluice_sinks_closed_total"))
                                .mapToDouble(Map.Entry::getValue)
                                .sum())
                        .isEqualTo(20);
            });
        }
    }

    private static Map<String, Double> figures(TestServer server) throws Exception {
        Map<String, Double> figures = new TreeMap<>();
        server.get("/metrics")
                .body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    int space = line.lastIndexOf(' ');
                    figures.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
                });
        return figures;
    }
}
