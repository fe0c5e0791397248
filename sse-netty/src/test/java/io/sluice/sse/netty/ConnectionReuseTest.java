package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.stream.Lanes;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client's connection pool may assume after each kind of response over HTTP/1.1. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionReuseTest {

    private static final String PING = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String PONG = "the next request got a response";

    private SseServer server;

    @BeforeAll
    void start() throws IOException {
        server = TestServers.on(Transport.NIO)
                .maxBodyBytes(1024)
                .maxHeaders(10)
                .maxStreamsPerKey(1, request -> request.query("key"))
                .streams("/events/**", StreamRoute.topics())
                .streams("/ends", request -> SseStream.of(sink -> sink.complete()))
                .streams("/passing", request -> {
                    throw HttpStatusException.retryable(503, "not now", Duration.ofSeconds(1));
                })
                .streams("/permanent", request -> {
                    throw HttpStatusException.of(401, "a token, please");
                })
                .route(
                        "GET",
                        "/ping",
                        request -> RouteResponse.of(200, "text/plain", PONG).completed())
                .route("GET", "/rejects", request -> {
                    throw HttpStatusException.retryable(429, "too often", Duration.ofSeconds(1));
                })
                .route("GET", "/fails", request -> null)
                .route(
                        "POST",
                        "/echo",
                        request -> RouteResponse.of(200, "text/plain", request.bodyText())
                                .completed())
                .start();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    /** Whole requests, in which {@code ~} is a line break. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "an event stream is not accepted | GET /events/a HTTP/1.1~Host: localhost~Accept: text/html~~ | stays",
                "a stream with a body            | GET /events/a HTTP/1.1~Host: localhost~Content-Length: 2~~xx | stays",
                "a pattern where a name belongs  | GET /events/* HTTP/1.1~Host: localhost~~ | stays",
                "another host                    | GET /ping HTTP/1.1~Host: elsewhere.example~~ | stays",
                "no host                         | GET /ping HTTP/1.1~~ | close",
                "another origin                  | POST /echo HTTP/1.1~Host: localhost~Origin: http://x.example~Content-Length: 1~~x | stays",
                "a body that is not UTF-8        | POST /echo HTTP/1.1~Host: localhost~Content-Length: 1~~\u00ff | stays",
                "a body with a length            | POST /echo HTTP/1.1~Host: localhost~Content-Length: 1~~x | stays",
                "a body in chunks                | POST /echo HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~~1~x~0~~ | stays",
                "an expectation that is met      | POST /echo HTTP/1.1~Host: localhost~Expect: 100-continue~Content-Length: 1~~x | stays",
                "an expectation that is not met  | POST /echo HTTP/1.1~Host: localhost~Expect: 200-ok~Content-Length: 1~~x | close",
                "a body that is too large        | POST /echo HTTP/1.1~Host: localhost~Content-Length: 1025~~x | close",
                "chunks that are too large       | POST /echo HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~~401~LARGE | close",
                "a chunk that is none            | POST /echo HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~~x~x | close",
                "two lengths                     | POST /echo HTTP/1.1~Host: localhost~Content-Length: 1~Content-Length: 2~~x | close",
                "too many headers                | GET /ping HTTP/1.1~Host: a~a:1~b:1~c:1~d:1~e:1~f:1~g:1~h:1~i:1~j:1~~ | close",
                "a client of HTTP/1.0            | GET /ping HTTP/1.0~~ | close"
            })
    void wholeRequestsFollowTheSameRules(String what, String request, String expected) throws IOException {
        try (Socket socket = connect()) {
            send(socket, request.replace("~", "\r\n").replace("LARGE", "x".repeat(1025)));
            assertReusedOrClosed(socket, what, expected, true);
        }
    }

    /** A connection that does not accept any bytes yet. */
    private static final class FullChannel extends EmbeddedChannel {

        FullChannel(ChannelHandler handler) {
            super(handler);
        }

        @Override
        protected void doWrite(ChannelOutboundBuffer out) {}
    }

    /** The response to such a request would never arrive, so the client may retry it (RFC 9112, section 9.6). */
    @Test
    void aRequestAfterTheLastResponseIsNotHandled() {
        AtomicInteger acts = new AtomicInteger();
        ServerOptions options = new ServerOptions();
        options.routes.add(
                "GET",
                "/last",
                request -> RouteResponse.empty(204).with("connection", "close").completed());
        options.routes.add("POST", "/acts", request -> {
            acts.incrementAndGet();
            return RouteResponse.empty(204).completed();
        });
        try (Hub hub = Hub.create()) {
            StreamEndpoint streams = new StreamEndpoint(
                    new Lanes(hub, options.laneOptions),
                    options.limits,
                    new StreamCompression(Compression.OFF, 0),
                    new RejectionLog(hub.rejections()),
                    Cors.NONE);
            EmbeddedChannel channel = new FullChannel(
                    new HttpPipeline(options, streams, new PendingConnections(), new BufferBudget(1 << 20)));
            String last = "GET /last HTTP/1.1\r\nHost: localhost\r\n\r\n";
            String act = "POST /acts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
            channel.writeInbound(Unpooled.copiedBuffer(act + last + act + act, StandardCharsets.US_ASCII));
            assertThat(acts).as("the request before the last response").hasValue(1);
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void aStreamAboveALimitAnnouncesTheCloseToo() throws IOException {
        try (RawClient first = RawClient.open(server.port(), "/events/a?key=ann");
                Socket second = connect()) {
            assertThat(first.stream().status()).isEqualTo(200);
            send(second, "GET /events/a?key=ann HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertReusedOrClosed(second, "above the limit", "close", true);
        }
    }

    @ParameterizedTest(name = "{0}, pipelined: {5}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a stream that ends           | GET  | /ends      | -                   | close | true",
                "a stream that ends           | GET  | /ends      | -                   | close | false",
                "a passing rejection          | GET  | /passing   | -                   | close | true",
                "a passing rejection          | GET  | /passing   | -                   | close | false",
                "the same for an EventSource  | GET  | /passing   | EVENTSOURCE         | close | true",
                "the same for an EventSource  | GET  | /passing   | EVENTSOURCE         | close | false",
                "a permanent rejection        | GET  | /permanent | -                   | stays | true",
                "a permanent rejection        | GET  | /permanent | -                   | stays | false",
                "no stream here               | GET  | /nothing   | -                   | stays | true",
                "no stream here               | GET  | /nothing   | -                   | stays | false",
                "an end for good              | GET  | /events/a  | Last-Event-ID: end~ | stays | true",
                "an end for good              | GET  | /events/a  | Last-Event-ID: end~ | stays | false",
                "HEAD of a stream             | HEAD | /events/a  | -                   | stays | true",
                "HEAD of a stream             | HEAD | /events/a  | -                   | stays | false",
                "another method               | PUT  | /events/a  | -                   | stays | true",
                "another method               | PUT  | /events/a  | -                   | stays | false",
                "a rejection by a route       | GET  | /rejects   | -                   | stays | true",
                "a rejection by a route       | GET  | /rejects   | -                   | stays | false",
                "an error                     | GET  | /fails     | -                   | stays | true",
                "an error                     | GET  | /fails     | -                   | stays | false",
                "the client wants to close    | GET  | /ping      | Connection: close   | close | true",
                "the client wants to close    | GET  | /ping      | Connection: close   | close | false",
                "a request that is none       | GET  | x          | -                   | close | true",
                "a request that is none       | GET  | x          | -                   | close | false",
            })
    void theNextRequestIsAnsweredOrTheCloseWasAnnounced(
            String what, String method, String path, String header, String expected, boolean pipelined)
            throws IOException {
        String more = header.equals("EVENTSOURCE")
                ? RawClient.EVENT_SOURCE + "\r\n"
                : header.equals("-") ? "" : header + "\r\n";
        String request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
        try (Socket socket = connect()) {
            send(socket, pipelined ? request + PING : request);
            assertReusedOrClosed(socket, what, expected, !pipelined);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout((int) AwaitTimeout.LONG.toMillis());
        return socket;
    }

    /** @param pings whether the test still has to send the next request */
    private static void assertReusedOrClosed(Socket socket, String what, String expected, boolean pings)
            throws IOException {
        StringBuilder received = new StringBuilder();
        readTo(socket, received, "\r\n\r\n");
        String interim = "HTTP/1.1 100 Continue\r\n\r\n";
        if (received.toString().equals(interim)) {
            received.setLength(0);
            readTo(socket, received, "\r\n\r\n");
        }
        String head = received.substring(0, received.indexOf("\r\n\r\n")).toLowerCase(Locale.ROOT);
        boolean closes = Arrays.asList(head.split("\r\n")).contains("connection: close");
        assertThat(closes).as(what + ": " + head).isEqualTo(expected.equals("close"));
        if (closes) {
            readTo(socket, received, null);
            assertThat(received.toString().split("HTTP/1.1 ", -1))
                    .as("one response")
                    .hasSize(2);
        } else {
            if (pings) {
                send(socket, PING);
            }
            assertThat(readTo(socket, received, PONG)).as(received.toString()).isTrue();
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** @param text null to read to the end of the connection. @return whether the text has arrived */
    private static boolean readTo(Socket socket, StringBuilder received, String text) throws IOException {
        InputStream in = socket.getInputStream();
        while (text == null || received.indexOf(text) < 0) {
            int next = in.read();
            if (next < 0) {
                return false;
            }
            received.append((char) next);
        }
        return true;
    }
}
