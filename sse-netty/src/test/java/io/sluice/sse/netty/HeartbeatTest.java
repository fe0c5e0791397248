package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.hub.TransportAccess;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Only silent streams get the comment that keeps them alive. */
@Execution(ExecutionMode.CONCURRENT) // its tests wait for heartbeats
class HeartbeatTest {

    @OverEachProtocol
    void onlySilentStreamsGetAComment(Transport transport, ClientProtocol protocol) throws IOException {
        ScheduledExecutorService publisher = Executors.newSingleThreadScheduledExecutor();
        try (SseServer server = protocol.on(transport)
                        .heartbeat(Duration.ofSeconds(3)) // longer than a machine pauses
                        .start();
                StreamClient silent = protocol.open(server, "/events/silent");
                StreamClient busy = protocol.open(server, "/events/busy")) {
            publisher.scheduleAtFixedRate(
                    () -> server.hub().publish("busy", Event.of("tick")), 0, 20, TimeUnit.MILLISECONDS);
            silent.await(() -> silent.stream().comments.size() > 0, "a heartbeat");
            server.hub().publish("busy", Event.of("now"));
            busy.await(() -> busy.stream().data().contains("now"), "all until now");
            assertThat(busy.stream().comments).isEmpty();
            assertThat(silent.stream().comments).containsOnly("");
            assertThat(silent.stream().events).isEmpty();
            // The hub has advanced, and so has the id of the silent client: evicted events are no gap for it.
            assertThat(silent.stream().ids).hasSizeGreaterThan(1).isSorted();
        } finally {
            publisher.shutdownNow();
        }
    }

    @OverEachProtocol
    void aRouteMaySendHeartbeatsAsEventsThatAPageReceives(Transport transport, ClientProtocol protocol)
            throws IOException {
        Heartbeat alive = Heartbeat.event("alive").atFixedRate();
        try (SseServer server = protocol.on(transport)
                        .heartbeat(Duration.ofMillis(200))
                        .streams("/events/**", StreamRoute.topics())
                        .streams("/watched/**", StreamRoute.topics().with((request, stream) -> stream.heartbeat(alive)))
                        .start();
                StreamClient watched = protocol.open(server, "/watched/a");
                StreamClient usual = protocol.open(server, "/events/a")) {
            watched.awaitEvents(2);
            assertThat(watched.stream().events).allSatisfy(event -> {
                assertThat(event.type()).isEqualTo("alive");
                assertThat(event.data()).isEqualTo("{\"interval\":200}");
            });
            usual.await(() -> usual.stream().comments.size() >= 2, "heartbeats");
            assertThat(usual.stream().events).isEmpty();
        }
    }

    /** A test of the core shows that heartbeats are off then, with a manual clock. */
    @Test
    void zeroReachesTheLanes() throws IOException {
        try (SseServer server =
                        TestServers.on(Transport.NIO).heartbeat(Duration.ZERO).start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            assertThat(client.stream().comments).isEmpty();
            assertThat(TransportAccess.of(server.hub()).all())
                    .isNotEmpty()
                    .allSatisfy(lane -> assertThat(lane.options().heartbeat()).isZero());
        }
    }
}
