package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.SseResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bare streams over TLS and HTTP/2, compressed and not, and in the pipeline of an application. */
@Timeout(120)
class BareStreamProtocolsTest {

    private static final StreamRoute BARE = StreamRoute.topics().with((request, stream) -> stream.bare());
    private static final List<String> CODINGS = List.of("identity", "gzip");
    private static final String PADDING = "x".repeat(500); // long enough to be compressed

    private final Hub hub = Hub.create();

    private SseServer start(Transport transport, ClientProtocol protocol) throws Exception {
        return protocol.on(transport)
                .hub(hub)
                .compression(Compression.SHARED)
                .streams("/bare/**", BARE)
                .start();
    }

    private StreamClient open(SseServer server, ClientProtocol protocol, String coding) throws Exception {
        StreamClient client = protocol.get(server, "/bare/" + coding, "Accept-Encoding: " + coding)
                .awaitHead();
        assertThat(client.stream().header("content-encoding")).isEqualTo(coding.equals("gzip") ? "gzip" : null);
        await().until(() -> hub.subscribers(coding) == 1);
        return client;
    }

    private String publish(String topic) {
        String id = hub.publish(topic, Event.of(PADDING))
                .toCompletableFuture()
                .join()
                .id();
        return block(id);
    }

    private static String block(String id) {
        return "id: " + id + "\ndata: " + PADDING + "\n\n";
    }

    @OverEachProtocol
    void aTopicThatEndsCompletesIt(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = start(transport, protocol)) {
            for (String coding : CODINGS) {
                try (StreamClient client = open(server, protocol, coding)) {
                    String first = publish(coding);
                    client.awaitEvents(1);
                    String last = hub.end(coding, Event.of(PADDING))
                            .toCompletableFuture()
                            .join()
                            .id();
                    assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
                    assertThat(client.stream().hasEnded()).isTrue();
                    assertThat(client.stream().body()).isEqualTo(first + block(last));
                }
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachProtocol
    void itIsCutIfItsClientShouldReturn(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = start(transport, protocol)) {
            for (String coding : CODINGS) {
                try (StreamClient client = open(server, protocol, coding)) {
                    String first = publish(coding);
                    client.awaitEvents(1);
                    TestServers.sinks(hub).forEach(info -> info.sink().close(CloseReason.CLOSED_BY_APPLICATION));
                    assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                    assertThat(client.stream().hasEnded()).isFalse();
                    assertThat(client.stream().body()).isEqualTo(first);
                }
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    /** The handlers of the application are in front of it, a compressor of theirs included. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherPipelineEndsItInTheSameWay(boolean complete) {
        for (String coding : CODINGS) {
            SseHandler handler = SseHandler.serving(hub, "/bare/**", BARE).methods("GET", "POST");
            EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), new HttpContentCompressor(), handler);
            String request = "POST /bare/" + coding + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
                    + "Accept-Encoding: " + coding + "\r\nContent-Length: 2\r\n\r\n{}";
            channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
            channel.runPendingTasks();
            String first = publish(coding);
            channel.runPendingTasks();
            SseResponse response = new SseResponse();
            read(channel, response);
            TestServers.sinks(hub).forEach(info -> {
                if (complete) {
                    info.sink().complete();
                } else {
                    info.sink().close(CloseReason.CLOSED_BY_APPLICATION);
                }
            });
            channel.runPendingTasks();
            read(channel, response);
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(first);
            assertThat(response.hasEnded()).isEqualTo(complete);
            assertThat(channel.isOpen()).isFalse();
            handler.drain(Duration.ZERO);
            channel.runPendingTasks();
            channel.finishAndReleaseAll();
        }
        TestServers.awaitNothingOwned(hub);
    }

    /** Of the two streams, only the one that its client should resume ends without the last chunk. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherPipelineCutsAStreamToResume(boolean complete) {
        SseHandler handler = SseHandler.serving(
                hub, "/cut/**", StreamRoute.topics().with((request, stream) -> stream.cutToResume()));
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), handler);
        channel.writeInbound(
                Unpooled.copiedBuffer("GET /cut/a HTTP/1.1\r\nHost: localhost\r\n\r\n", StandardCharsets.US_ASCII));
        channel.runPendingTasks();
        hub.publish("a", Event.of("one"));
        channel.runPendingTasks();
        TestServers.sinks(hub).forEach(info -> {
            if (complete) {
                info.sink().complete();
            } else {
                info.sink().close(CloseReason.CLOSED_BY_APPLICATION);
            }
        });
        channel.runPendingTasks();
        SseResponse response = new SseResponse();
        read(channel, response);
        assertThat(response.data()).startsWith("one");
        assertThat(response.hasEnded()).isEqualTo(complete);
        assertThat(channel.isOpen()).isFalse();
        handler.drain(Duration.ZERO); // the lane releases what the channel has sent
        channel.runPendingTasks();
        channel.finishAndReleaseAll();
        TestServers.awaitNothingOwned(hub);
    }

    private static void read(EmbeddedChannel channel, SseResponse response) {
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            byte[] bytes = new byte[part.readableBytes()];
            part.readBytes(bytes);
            part.release();
            response.feed(bytes, 0, bytes.length);
        }
    }
}
