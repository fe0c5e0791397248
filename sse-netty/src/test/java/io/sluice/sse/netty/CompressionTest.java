package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.http.AcceptHeader;
import io.sluice.sse.test.SseResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compressed streams on the wire: who gets them, with which headers, and how they end. */
class CompressionTest {

    private static final String GZIP = "Accept-Encoding: gzip, deflate, br";
    private static final String PADDING =
            "{\"symbol\":\"EURUSD\",\"venue\":\"LD4\",\"pad\":\"" + "indicative;".repeat(20) + "\"}";

    private static SseServerBuilder compressing(Hub hub, Compression compression) {
        return TestServers.on(Transport.NIO).hub(hub).compression(compression);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | false",
                "gzip | true",
                "GZIP | true",
                "x-gzip | true",
                "gzip, deflate, br, zstd | true",
                "deflate, br | false",
                "gzip;q=0 | false",
                "gzip;q=0.0, * | false",
                "* | true",
                "*;q=0 | false",
                "identity | false",
                "identity;q=0 | false",
                "identity;q=0, gzip | true",
                "identity, gzip;q=0.5 | false",
                "identity;q=0.5, gzip;q=0.5 | true",
                "gzip;q=0.001 | true",
                "br;q=1.0, gzip;q=0.8, *;q=0.1 | true",
                "gzip ; q=1 | true",
                "gzip;q=nonsense | true",
                ";, ,; | false",
                "gzipped | false"
            })
    void theClientDecidesByItsWeights(String header, boolean compressed) {
        assertThat(AcceptHeader.prefersGzip(List.of(header))).isEqualTo(compressed);
    }

    @Test
    void severalLinesAreOneHeader() {
        assertThat(AcceptHeader.prefersGzip(List.of())).isFalse();
        assertThat(AcceptHeader.prefersGzip(List.of("br", "gzip;q=0.1"))).isTrue();
        assertThat(AcceptHeader.prefersGzip(List.of("gzip", "identity;q=0"))).isTrue();
    }

    /** Plain and compressing clients, over HTTP/1.1 and 1.0, get the same events, and the ends of their streams. */
    @OverEachTransport
    void eachClientGetsTheSameStreamUpToItsEnd(Transport transport) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = TestServers.on(transport)
                        .hub(hub)
                        .compression(Compression.SHARED)
                        .streams("/events/**", StreamRoute.topics())
                        .streams(
                                "/own/**",
                                StreamRoute.topics()
                                        .with((request, stream) -> stream.compression(Compression.PER_STREAM)))
                        .start()) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(RawClient.open(server.port(), "/events/a", GZIP));
                clients.add(RawClient.open(server.port(), "/own/a", GZIP));
                clients.add(RawClient.open(server.port(), "/events/a"));
                clients.add(RawClient.connect(server.port())
                        .send("GET /events/a HTTP/1.0\r\nHost: localhost\r\n" + GZIP + "\r\n\r\n"));
            }
            await().until(() -> hub.subscribers("a") == clients.size());
            int events = 200;
            for (int i = 0; i < events; i++) {
                hub.publish("a", Event.of(i + PADDING));
                for (RawClient client : clients) {
                    client.awaitEvents(i + 1); // compression holds nothing back
                }
            }
            CompletableFuture<Void> drained =
                    server.close(Duration.ofMillis(50)).toCompletableFuture();
            for (RawClient client : clients) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue(); // the decoder has checked the trailer
                assertThat(client.stream().data())
                        .containsExactlyElementsOf(IntStream.range(0, events)
                                .mapToObj(i -> i + PADDING)
                                .toList());
                assertThat(client.stream().retries())
                        .as("the first and the last")
                        .hasSize(2);
                client.close();
            }
            drained.join();
            TestServers.awaitNothingOwned(hub);
        }
    }

    @Test
    void theHeadTellsCachesAndClientsWhatTheyGet() throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = compressing(hub, Compression.SHARED).start()) {
            for (String method : List.of("GET", "HEAD")) {
                String request = method + " /events/a HTTP/1.1\r\nHost: localhost\r\n";
                try (RawClient client = RawClient.connect(server.port()).send(request + GZIP + "\r\n\r\n")) {
                    SseResponse response = client.awaitHead().stream();
                    assertThat(response.status()).isEqualTo(200);
                    assertThat(response.header("content-encoding")).isEqualTo("gzip");
                    assertThat(response.header("vary")).isEqualTo("accept-encoding");
                    assertThat(response.header("cache-control")).contains("no-transform");
                }
                try (RawClient client = RawClient.connect(server.port()).send(request + "\r\n")) {
                    SseResponse response = client.awaitHead().stream();
                    assertThat(response.header("content-encoding")).isNull();
                    assertThat(response.header("vary")).isEqualTo("accept-encoding");
                }
            }
        }
    }

    /** A route knows what its streams contain, so it wins in either direction. */
    @Test
    void aRouteWinsOverTheServer() throws Exception {
        try (Hub hub = Hub.create();
                SseServer off = compressing(hub, Compression.OFF)
                        .streams("/events/**", StreamRoute.topics())
                        .streams(
                                "/on/**",
                                StreamRoute.topics().with((request, stream) -> stream.compression(Compression.SHARED)))
                        .start();
                SseServer on = compressing(hub, Compression.SHARED)
                        .streams(
                                "/secret/**",
                                StreamRoute.topics().with((request, stream) -> stream.compression(Compression.OFF)))
                        .start()) {
            assertCoding(off.port(), "/events/a", null, null);
            assertCoding(off.port(), "/on/a", "gzip", "accept-encoding");
            assertCoding(on.port(), "/secret/a", null, null);
        }
    }

    private static void assertCoding(int port, String path, String coding, String vary) throws IOException {
        try (RawClient client = RawClient.open(port, path, GZIP)) {
            assertThat(client.stream().header("content-encoding")).isEqualTo(coding);
            assertThat(client.stream().header("vary")).isEqualTo(vary);
        }
    }

    @Test
    void rejectionsAndRoutesAreNotCompressed() throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = compressing(hub, Compression.SHARED)
                        .streams("/events/**", StreamRoute.topics())
                        .route(
                                "GET",
                                "/text",
                                request -> RouteResponse.of(
                                                200,
                                                "text/plain",
                                                "text ".repeat(1000).getBytes(StandardCharsets.UTF_8))
                                        .completed())
                        .maxStreams(0)
                        .start()) {
            for (String path : List.of("/text", "/events/a", "/none")) {
                try (RawClient client = RawClient.connect(server.port()).get(path, GZIP)) {
                    assertThat(client.awaitHead().stream().header("content-encoding"))
                            .isNull();
                }
            }
        }
    }

    @Test
    void atTheMaximumOfCompressorsAStreamSharesAndWhenOneEndsTheNextHasItsOwn() throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = compressing(hub, Compression.PER_STREAM)
                        .threads(1)
                        .maxCompressors(2)
                        .start()) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(RawClient.open(server.port(), "/events/a", GZIP));
            }
            await().until(() -> hub.subscribers("a") == 4);
            assertThat(compressors(hub)).isEqualTo(2);
            publishAndAwait(hub, clients, 1);
            assertThat(compressors(hub)).as("and that of the lane").isEqualTo(3);
            clients.remove(0).reset(); // of a client that has a compressor
            await().until(() -> compressors(hub) == 2);
            clients.add(RawClient.open(server.port(), "/events/a", GZIP));
            await().until(() -> hub.subscribers("a") == 4);
            assertThat(compressors(hub)).isEqualTo(3);
            publishAndAwait(hub, clients.subList(0, 3), 2);
            for (RawClient client : clients) {
                client.close();
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    private static long compressors(Hub hub) {
        return hub.ledger().count(Ledger.Kind.COMPRESSORS);
    }

    private static void publishAndAwait(Hub hub, List<? extends StreamClient> clients, int count) throws IOException {
        hub.publish("a", Event.of(PADDING));
        for (StreamClient client : clients) {
            client.awaitEvents(count);
        }
    }

    /** Each way to end a stream frees its compressor. */
    @OverEachProtocol
    void everyEndOfAStreamFreesItsCompressor(Transport transport, ClientProtocol protocol) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .compression(Compression.PER_STREAM)
                        .start()) {
            StreamClient leaves = protocol.open(server, "/events/a", GZIP);
            StreamClient resets = protocol.open(server, "/events/a", GZIP);
            StreamClient isClosed = protocol.open(server, "/events/b", GZIP);
            StreamClient completes = protocol.open(server, "/events/c", GZIP);
            await().until(() -> hub.subscribers("a") == 2);
            publishAndAwait(hub, List.of(leaves, resets), 1);
            assertThat(compressors(hub)).isEqualTo(4);
            leaves.close();
            resets.reset();
            await().until(() -> hub.subscribers("a") == 0);
            resets.close();
            TestServers.sinks(hub).forEach(info -> {
                if (info.topics().contains("b")) {
                    info.sink().close(CloseReason.CLOSED_BY_APPLICATION);
                } else if (info.topics().contains("c")) {
                    info.sink().complete();
                }
            });
            for (StreamClient client : List.of(isClosed, completes)) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(client.stream().hasEnded()).isTrue();
                client.close();
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    /** In an application's pipeline the route chooses, and a compressor of the pipeline leaves the stream alone. */
    @Test
    void aHandlerInAnotherPipelineCompressesByItsRoute() {
        try (Hub hub = Hub.create()) {
            SseHandler handler = SseHandler.serving(
                    hub,
                    "/events/**",
                    StreamRoute.topics().with((request, stream) -> stream.compression(Compression.SHARED)));
            EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), new HttpContentCompressor(), handler);
            String request = "GET /events/a HTTP/1.1\r\nHost: localhost\r\n" + GZIP + "\r\n\r\n";
            channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
            channel.runPendingTasks();
            hub.publish("a", Event.of(PADDING));
            channel.runPendingTasks();
            SseResponse response = new SseResponse();
            read(channel, response);
            assertThat(response.header("content-encoding")).isEqualTo("gzip");
            assertThat(response.header("vary")).contains("accept-encoding");
            assertThat(response.data()).containsExactly(PADDING);
            handler.drain(Duration.ZERO);
            channel.runPendingTasks();
            read(channel, response);
            assertThat(response.hasEnded()).isTrue();
            channel.finishAndReleaseAll();
            TestServers.awaitNothingOwned(hub);
        }
    }

    private static void read(EmbeddedChannel channel, SseResponse response) {
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            byte[] bytes = new byte[part.readableBytes()];
            part.readBytes(bytes);
            part.release();
            response.feed(bytes, 0, bytes.length);
        }
    }

    /** Larger than what is compressed on an event loop, and than one stored block. */
    @Test
    void aVeryLargeEventIsSentAsItIs() throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = compressing(hub, Compression.SHARED).start();
                RawClient client = RawClient.open(server.port(), "/events/a", GZIP)) {
            await().until(() -> hub.subscribers("a") == 1);
            String large = PADDING.repeat((2 << 20) / PADDING.length());
            hub.publish("a", Event.of(large));
            hub.publish("a", Event.of(PADDING));
            client.awaitEvents(2);
            assertThat(client.stream().data()).containsExactly(large, PADDING);
        }
    }

    @Test
    void theNumberOfCompressorsIsChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SseServer.builder().maxCompressors(-1))
                .withMessageContaining("maxCompressors: -1");
    }
}
