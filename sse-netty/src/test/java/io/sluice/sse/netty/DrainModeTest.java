package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** In a drain each stream ends as its route requests. */
class DrainModeTest {

    private static final class ResponseSource implements Source {
        final CompletableFuture<Sink> started = new CompletableFuture<>();
        final CompletableFuture<Duration> remaining = new CompletableFuture<>();

        @Override
        public void start(Sink sink) {
            started.complete(sink);
        }

        @Override
        public void draining(Sink sink, Duration left) {
            remaining.complete(left);
        }
    }

    /** Over one transport only, since the test is slow. Other tests show how each transport ends its connections. */
    @Test
    void immediateStreamsEndFirstAndStreamsWithUnfinishedSourcesAtTheDeadline() throws Exception {
        Duration drain = Duration.ofSeconds(6);
        ResponseSource ends = new ResponseSource();
        ResponseSource neverEnds = new ResponseSource();
        Map<String, CloseReason> reasons = new ConcurrentHashMap<>();
        try (Hub hub = Hub.create();
                SseServer server = TestServers.on(Transport.AUTO)
                        .hub(hub)
                        .streams(
                                "/at-once/**",
                                StreamRoute.topics()
                                        .with((request, stream) -> stream.drain(SseStream.DrainMode.AT_ONCE)))
                        .streams("/ends", request -> SseStream.of(ends).drain(SseStream.DrainMode.AT_DEADLINE))
                        .streams(
                                "/never-ends",
                                request -> SseStream.of(neverEnds).drain(SseStream.DrainMode.AT_DEADLINE))
                        .start();
                RawClient first = RawClient.open(server.port(), "/at-once/a");
                RawClient second = RawClient.open(server.port(), "/ends");
                RawClient third = RawClient.open(server.port(), "/never-ends")) {
            Sink ending = ends.started.get(40, TimeUnit.SECONDS);
            Sink open = neverEnds.started.get(40, TimeUnit.SECONDS);
            ending.scope().onClose(reason -> reasons.put("ends", reason));
            open.scope().onClose(reason -> reasons.put("never", reason));
            hub.publish("a", Event.of("last"));
            CompletableFuture<Void> closed = server.close(drain).toCompletableFuture();
            first.awaitEvents(1);
            assertThat(first.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(first.stream().hasEnded()).isTrue();

            assertThat(ends.remaining.get(40, TimeUnit.SECONDS)).isBetween(Duration.ofMillis(1), drain);
            assertThat(ending.isOpen()).as("before the deadline").isTrue();
            ending.send(Event.of("the rest of the response"));
            ending.complete();
            second.awaitEvents(2);
            assertThat(second.stream().events.get(0).data()).isEqualTo("the rest of the response");
            assertThat(open.isOpen()).as("before the deadline").isTrue();

            assertThat(third.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(third.stream().hasEnded()).isTrue();
            closed.get(40, TimeUnit.SECONDS);
            await().untilAsserted(() -> assertThat(reasons)
                    .isEqualTo(Map.of("ends", CloseReason.SOURCE_COMPLETED, "never", CloseReason.SERVER_DRAINING)));
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachTransport
    void aDrainEndsWhenTheSourcesHaveFinished(Transport transport) throws Exception {
        Source polite = new Source() {
            @Override
            public void start(Sink sink) {}

            @Override
            public void draining(Sink sink, Duration left) {
                sink.complete();
            }
        };
        try (SseServer server = TestServers.on(transport)
                        .streams("/answer", request -> SseStream.of(polite).drain(SseStream.DrainMode.AT_DEADLINE))
                        .start();
                RawClient client = RawClient.open(server.port(), "/answer")) {
            CompletableFuture<Void> closed = server.close(Duration.ofDays(1)).toCompletableFuture();
            client.awaitEvents(1);
            assertThat(client.stream().events.get(0).type()).isEqualTo("end");
            closed.get(40, TimeUnit.SECONDS);
        }
    }
}
