package io.sluice.sse.benchmarks.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientTableTest {

    @Test
    void theTableExcludesObjectsThatExistedBefore() {
        Map<String, Weight> few =
                Map.of("a", new Weight(100, 5_000), "b", new Weight(7, 700), "gone", new Weight(3, 48));
        Map<String, Weight> many = Map.of(
                "a", new Weight(110, 5_240), "b", new Weight(7, 700), "c", new Weight(20, 960), "d", new Weight(1, 16));
        assertThat(new ClientTable(few, many, 20).toString()).isEqualTo("""
                        | class | objects | bytes |
                        |---|---:|---:|
                        | `c` | 1.00 | 48.0 |
                        | `a` | 0.50 | 12.0 |
                        | `gone` | -0.15 | -2.4 |
                        | less than a byte for each | 0.05 | 0.8 |
                        | **all** | 1.40 | 58.4 |
                        """);
    }

    @Test
    void aGraphIncludesPrivateFields() {
        Object[] shared = {new Object(), new Object()};
        Map<String, Weight> weights = Graph.of(new Object[] {shared, shared, new Object(), "text"});
        assertThat(weights.get("java.lang.Object").count()).isEqualTo(3);
        assertThat(weights.get("java.lang.Object[]").count()).isEqualTo(1); // the reachable objects without the root
        assertThat(weights.get("java.lang.Object[]").bytes()).isBetween(16L, 64L);
        assertThat(weights.get("byte[]").count()).isEqualTo(1);
    }

    @Test
    void allLambdasOfAClassShareOneName() {
        Runnable lambda = () -> {};
        assertThat(Graph.name(lambda.getClass())).isEqualTo(ClientTableTest.class.getName() + "$$Lambda");
        assertThat(Graph.name(byte[][].class)).isEqualTo("byte[][]");
    }
}
