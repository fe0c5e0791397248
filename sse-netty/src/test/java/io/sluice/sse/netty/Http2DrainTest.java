package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The drain over HTTP/2: a GOAWAY in two phases, the ends of the streams, and the end of the connection. */
@Timeout(120)
class Http2DrainTest {

    @OverEachTransport
    void theConnectionIsAskedToCloseAndEachStreamEnds(Transport transport) throws IOException {
        try (Hub hub = Hub.create();
                SseServer server = TestServers.on(transport).hub(hub).start();
                Http2Client client = Http2Client.connect(server.port());
                Http2Client idle = Http2Client.connect(server.port())) {
            int first = client.open("/events/a");
            int second = client.open("/events/a");
            idle.ping();
            CompletionStage<Void> closed = server.close(Duration.ofSeconds(2));
            hub.publish("a", Event.of("the last event"));
            client.awaitOver(first).awaitOver(second).awaitEnd();
            for (int stream : new int[] {first, second}) {
                assertThat(client.stream(stream).ended).isTrue();
                assertThat(client.stream(stream).body()).matches("(?s).*retry: \\d+\n\n");
            }
            assertThat(client.goAways).hasSize(2);
            assertThat(client.goAways.get(0)).containsExactly(Integer.MAX_VALUE, 0);
            assertThat(client.goAways.get(1)).containsExactly(second, 0);
            idle.awaitEnd();
            assertThat(idle.goAways).hasSize(2);
            closed.toCompletableFuture().join();
            TestServers.awaitNothingOwned(hub);
        }
    }

    /** A request that the client has sent before it has read the GOAWAY gets a response. */
    @Test
    void aRequestOnItsWayIsAnswered() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO)
                        .streams(
                                "/events/**",
                                request -> SseStream.of(Selector.of("a"), StartPosition.live())
                                        .drain(SseStream.DrainMode.AT_DEADLINE))
                        .start();
                Http2Client client = Http2Client.connect(server.port()).acknowledgingNoPings()) {
            client.open("/events/a");
            server.close(Duration.ofSeconds(2));
            await().until(() -> {
                int late = client.get("/events/a");
                client.awaitOver(late);
                return client.stream(late).status() == 503;
            });
            int other = client.get("/nothing");
            client.awaitOver(other);
            assertThat(client.stream(other).status()).isEqualTo(404);
            client.awaitEnd();
            server.awaitTermination();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aClientThatGoesAwayKeepsItsStreamsUntilTheyEnd() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO).start();
                Http2Client client = Http2Client.connect(server.port())) {
            int stream = client.open("/events/a");
            client.frame(Http2Client.GOAWAY, 0, 0, new byte[8]).ping();
            server.hub().publish("a", Event.of("still here"));
            client.awaitEvents(stream, 1);
            TestServers.sinks(server.hub()).forEach(sink -> sink.sink().close(CloseReason.LIFETIME_ENDED));
            client.awaitOver(stream).awaitEnd();
            TestServers.awaitNothingOwned(server.hub());
        }
    }
}
