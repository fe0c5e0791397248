package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the connection pool of a client may assume after each kind of response, over HTTP/1.1. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionReuseTest {

    private static final String PING = "GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String PONG = "the next request was answered";

    private SseServer server;

    @BeforeAll
    void start() throws IOException {
        server = TestServers.on(Transport.NIO)
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
                .start();
    }

    @AfterAll
    void stop() {
        server.close();
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
                ? "Accept: text/event-stream\r\nCache-Control: no-cache\r\nSec-Fetch-Mode: cors\r\n"
                : header.equals("-") ? "" : header + "\r\n";
        String request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout((int) AwaitTimeout.LONG.toMillis());
            send(socket, pipelined ? request + PING : request);
            StringBuilder received = new StringBuilder();
            readTo(socket, received, "\r\n\r\n");
            String head = received.substring(0, received.indexOf("\r\n\r\n")).toLowerCase(Locale.ROOT);
            boolean closes = Arrays.asList(head.split("\r\n")).contains("connection: close");
            assertThat(closes).as(what + ": " + head).isEqualTo(expected.equals("close"));
            if (closes) {
                readTo(socket, received, null);
                assertThat(received.toString().split("HTTP/1.1 ", -1))
                        .as("one response")
                        .hasSize(2);
            } else {
                if (!pipelined) {
                    send(socket, PING);
                }
                assertThat(readTo(socket, received, PONG))
                        .as(received.toString())
                        .isTrue();
            }
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** @param text null to read to the end of the connection. @return whether the text has come */
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
