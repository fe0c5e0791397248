package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.AttributeKey;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that are opened by a request with a body. */
class PostStreamTest {

    private static final AttributeKey<String> USER = AttributeKey.valueOf(PostStreamTest.class, "user");

    private final Hub hub = Hub.create();

    @AfterEach
    void nothingIsLeft() {
        assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
        hub.close();
    }

    /** The stream of the topic that the body names, and a header with what reached the route. */
    private static SseStream byBody(SseRequest request) {
        return SseStream.of(request.selector(request.bodyText()), StreamRoute.startOf(request))
                .header(
                        "x-seen",
                        request.method() + " " + request.header("cookie") + " " + request.attribute(USER) + " "
                                + request.query("q"));
    }

    private static String post(String body, String more) {
        return "POST /events?q=1 HTTP/1.1\r\nHost: localhost\r\nCookie: c=1\r\n" + more + "Content-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void aServerServesThemAndLaterBytesAreStray() throws Exception {
        try (SseServer server = SseServer.builder()
                .hub(hub)
                .port(0)
                .streams("/events", PostStreamTest::byBody, "POST", "QUERY")
                .streams("/events", StreamRoute.anyTopics())
                .start()) {
            RawClient client = RawClient.connect(server.port()).send(post("news", ""));
            client.awaitStream();
            assertThat(client.response().head()).contains("POST c=1 null 1");
            hub.publish("news", Event.of("hello"));
            client.awaitEvents(1);
            client.close();
            TestServers.awaitNothingOwned(hub);
            RawClient get = RawClient.open(server.port(), "/events?topic=news");
            get.close();
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachProtocol
    void aBodyReachesItsRouteOverEachProtocol(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = protocol.on(transport)
                .hub(hub)
                .maxBodyBytes(1000)
                .streams("/events", PostStreamTest::byBody, "POST", "QUERY")
                .start()) {
            for (String method : List.of("POST", "QUERY")) {
                try (StreamClient client = protocol.send(server, method, "/events?q=1", "news")) {
                    client.awaitStream();
                    assertThat(client.stream().header("x-seen")).isEqualTo(method + " null null 1");
                    hub.publish("news", Event.of(method));
                    client.awaitEvents(1);
                    assertThat(client.stream().data()).containsExactly(method);
                }
                try (StreamClient tooLarge = protocol.send(server, method, "/events", "x".repeat(1001))) {
                    tooLarge.awaitHead();
                    assertThat(tooLarge.stream().status()).isEqualTo(413);
                }
            }
            TestServers.awaitNothingOwned(hub);
            assertThat(hub.stats().opened()).isEqualTo(2);
        }
    }

    @Test
    void responsesOfPipelinedRequestsComeFirst() throws Exception {
        try (SseServer server = SseServer.builder()
                .hub(hub)
                .port(0)
                .streams("/events", PostStreamTest::byBody, "POST")
                .route(
                        "GET",
                        "/hello",
                        request -> RouteResponse.of(200, "text/plain", "hi").completed())
                .start()) {
            RawClient client = RawClient.connect(server.port())
                    .send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + post("news", ""));
            client.awaitHead();
            assertThat(client.response().head()).contains("text/plain");
            client.nextResponse();
            client.awaitHead();
            assertThat(client.response().head()).contains("text/event-stream");
            client.close();
            TestServers.awaitNothingOwned(hub);
        }
    }

    @Test
    void methodsAreChecked() {
        SseServerBuilder builder = SseServer.builder().streams("/a", StreamRoute.anyTopics(), "POST");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.streams("/a", StreamRoute.anyTopics(), "POST"))
                .withMessageContaining("without a stream route of POST");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.route(
                        "POST", "/a", request -> RouteResponse.empty(204).completed()))
                .withMessageContaining("which answers POST");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.streams("/b", StreamRoute.anyTopics(), "post"))
                .withMessageContaining("upper case");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.streams("/b", StreamRoute.anyTopics(), new String[0]))
                .withMessageContaining("at least one method");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        SseHandler.serving(hub, "/b", StreamRoute.anyTopics()).methods("HEAD"))
                .withMessageContaining("HEAD");
    }

    // ---- in the pipeline of an application

    private static String text(EmbeddedChannel channel) {
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.UTF_8));
            part.release();
        }
        return all.toString();
    }

    private EmbeddedChannel channel(boolean isAggregated) {
        SseHandler handler =
                SseHandler.serving(hub, "/events", PostStreamTest::byBody).methods("POST", "QUERY");
        EmbeddedChannel channel = isAggregated
                ? new EmbeddedChannel(new HttpServerCodec(), new HttpObjectAggregator(4 << 20), handler)
                : new EmbeddedChannel(new HttpServerCodec(), handler);
        channel.attr(USER).set("ann");
        return channel;
    }

    private static void send(EmbeddedChannel channel, String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
        channel.runPendingTasks();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHandlerServesThemInPieces(boolean isAggregated) {
        EmbeddedChannel channel = channel(isAggregated);
        String request = post("news", "");
        for (int i = 0; i < request.length(); i++) {
            send(channel, request.substring(i, i + 1));
        }
        assertThat(text(channel)).startsWith("HTTP/1.1 200 OK").contains("POST c=1 ann 1", "text/event-stream");
        hub.publish("news", Event.of("hello"));
        channel.runPendingTasks();
        assertThat(text(channel)).contains("data: hello");
        channel.finishAndReleaseAll();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHandlerRejectsWhatItDoesNotServe(boolean isAggregated) {
        EmbeddedChannel channel = channel(isAggregated);
        send(channel, post("x".repeat(SseHandler.MAX_BODY_BYTES + 1), ""));
        assertThat(text(channel)).startsWith("HTTP/1.1 413 ");
        channel.finishAndReleaseAll();
        EmbeddedChannel other = channel(isAggregated);
        send(other, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(text(other)).startsWith("HTTP/1.1 405 ").contains("POST, QUERY");
        other.finishAndReleaseAll();
        assertThat(hub.stats().opened()).isZero();
    }

    @Test
    void methodsOfNoStreamAreRejectedBeforeTheirBodies() {
        EmbeddedChannel channel = channel(false);
        send(channel, "PUT /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
        assertThat(text(channel)).startsWith("HTTP/1.1 405 ").contains("POST, QUERY");
        channel.finishAndReleaseAll();
    }

    @Test
    void anExpectationIsAnsweredBeforeTheBody() {
        EmbeddedChannel channel = channel(false);
        String request = post("news", "Expect: 100-continue\r\n");
        int body = request.length() - "news".length();
        send(channel, request.substring(0, body));
        assertThat(text(channel)).startsWith("HTTP/1.1 100 ");
        send(channel, request.substring(body));
        assertThat(text(channel)).startsWith("HTTP/1.1 200 ");
        channel.finishAndReleaseAll();
        EmbeddedChannel tooLarge = channel(false);
        send(
                tooLarge,
                "POST /events HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
                        + (SseHandler.MAX_BODY_BYTES + 1) + "\r\n\r\n");
        assertThat(text(tooLarge)).startsWith("HTTP/1.1 413 ");
        tooLarge.finishAndReleaseAll();
        assertThat(hub.stats().opened()).isEqualTo(1);
    }

    @Test
    void aMalformedChunkIsNotTheEndOfTheBody() {
        EmbeddedChannel channel = channel(false);
        send(
                channel,
                "POST /events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "4\r\nnews\r\nno size\r\n");
        assertThat(text(channel)).startsWith("HTTP/1.1 400 ");
        channel.finishAndReleaseAll();
        assertThat(hub.stats().opened()).isZero();
    }

    /** The handlers share the connection, and a body that arrives in pieces must not reach another's streams. */
    @Test
    void eachHandlerOfAPipelineAppliesItsOwnRules() {
        SseHandler open =
                SseHandler.serving(hub, "/open", PostStreamTest::byBody).methods("POST");
        SseHandler guarded = SseHandler.serving(hub, "/guarded", PostStreamTest::byBody)
                .methods("POST")
                .access(AccessRules.builder().allow("public/**").build());
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), open, guarded);
        send(channel, post("secret", "").replace("/events", "/guarded"));
        assertThat(text(channel)).startsWith("HTTP/1.1 403 ");
        channel.finishAndReleaseAll();
        EmbeddedChannel allowed = new EmbeddedChannel(new HttpServerCodec(), open, guarded);
        send(allowed, post("public/a", "").replace("/events", "/guarded"));
        assertThat(text(allowed)).startsWith("HTTP/1.1 200 ");
        allowed.finishAndReleaseAll();
        assertThat(hub.stats().opened()).isEqualTo(1);
    }

    @Test
    void aBodyThatIsCutOpensNothing() {
        EmbeddedChannel cut = channel(false);
        send(cut, post("news", "").substring(0, 80));
        cut.finishAndReleaseAll();
        assertThat(hub.stats().opened()).isZero();
    }

    @Test
    void theEndOfAStreamIsKnownByTheIdThatItsRouteHasRead() {
        SseHandler handler = SseHandler.serving(
                        hub, "/events", request -> SseStream.of(Selector.of("a"), StartPosition.after("end~1")))
                .methods("POST");
        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), handler);
        send(channel, post("", ""));
        assertThat(text(channel)).startsWith("HTTP/1.1 204 ");
        channel.finishAndReleaseAll();
    }
}
