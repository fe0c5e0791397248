package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.hub.Hub;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server whose hub was closed rejects streams, whenever their requests came, and its other routes go on. */
@Timeout(120)
class ClosedHubTest {

    private final Hub hub = Hub.create();
    private final LateRoute late = new LateRoute();

    @OverEachProtocol
    void streamsAreRejectedAndMayBeAskedForAgain(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams("/events/**", StreamRoute.topics())
                        .streams("/source", request -> SseStream.of(sink -> {}))
                        .streams("/later/**", late.route())
                        .route(
                                "GET",
                                "/hello",
                                request -> RouteResponse.empty(204).completed())
                        .start();
                StreamClient open = protocol.open(server, "/events/a");
                StreamClient deciding = protocol.get(server, "/later/a")) {
            LateRoute.Asked asked = late.next();
            hub.close();
            assertThat(open.awaitEnd(RawClient.PATIENCE)).isTrue();
            asked.open();
            assertRejected(deciding);
            // More than one request for each event loop of the server, with a lane of the hub and without.
            for (String path : List.of("/events/a", "/source", "/events/a", "/source")) {
                try (StreamClient client = protocol.get(server, path)) {
                    assertRejected(client);
                }
            }
            try (StreamClient browser = protocol.get(server, "/events/a", RawClient.EVENT_SOURCE.split("\r\n"))) {
                assertThat(browser.awaitResponse(RawClient.PATIENCE)).isTrue();
                assertThat(browser.stream().status()).isEqualTo(200);
                assertThat(browser.stream().retries).hasSize(1);
            }
            try (StreamClient other = protocol.get(server, "/hello")) {
                other.awaitHead();
                assertThat(other.stream().status()).isEqualTo(204);
            }
            await().untilAsserted(() ->
                    assertThat(server.streams().permits().acquired()).isZero());
            open.close();
            deciding.close();
            TestServers.awaitNothingOwned(hub);
        }
    }

    private static void assertRejected(StreamClient client) throws Exception {
        client.awaitHead();
        assertThat(client.stream().status()).isEqualTo(503);
        assertThat(client.stream().header("retry-after")).isEqualTo("3");
    }

    @Test
    void aHandlerRejectsThem() {
        SseHandler handler = SseHandler.serving(hub, "/events/**", StreamRoute.topics());
        hub.close();
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), handler);
        channel.writeInbound(
                Unpooled.copiedBuffer("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n", StandardCharsets.US_ASCII));
        channel.runPendingTasks();
        ByteBuf response = channel.readOutbound();
        assertThat(response.toString(StandardCharsets.UTF_8))
                .startsWith("HTTP/1.1 503 ")
                .contains("retry-after: 3");
        response.release();
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
        assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
    }
}
