package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Looking up a client by its id. */
class FindClientTest {

    @Test
    void aClientIsFoundByItsId() {
        try (HubFixture bench = new HubFixture(options -> {}, 3, HubFixture.QUIET)) {
            List<FakeSink> sinks = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                FakeSink sink = new FakeSink(bench.hubLanes.get(i % 3), null);
                bench.open(sink, StartPosition.live(), null, "a");
                sinks.add(sink);
            }
            bench.run();
            for (FakeSink sink : sinks) {
                assertThat(find(bench, sink.id())).isSameAs(sink);
            }
            for (String none : List.of("", "0", "00", "01", "+1", "999", "x", "1 ")) {
                assertThat(find(bench, none)).as(none).isNull();
            }
            sinks.get(4).close(CloseReason.RESET);
            bench.run();
            assertThat(find(bench, sinks.get(4).id())).isNull();
            CompletionStage<Subscription> added = bench.hub
                    .find(sinks.get(5).id())
                    .thenCompose(found -> found.orElseThrow().subscribe(Selector.of("b")));
            bench.run();
            assertThat(added.toCompletableFuture().join().sink()).isSameAs(sinks.get(5));
        }
    }

    private static HubSink find(HubFixture bench, String id) {
        CompletableFuture<java.util.Optional<HubSink>> found =
                bench.hub.find(id).toCompletableFuture();
        bench.run();
        return found.join().orElse(null);
    }
}
