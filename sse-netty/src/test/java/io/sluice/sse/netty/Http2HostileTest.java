package io.sluice.sse.netty;

import static io.sluice.sse.netty.Http2Client.CONTINUATION;
import static io.sluice.sse.netty.Http2Client.DATA;
import static io.sluice.sse.netty.Http2Client.END_HEADERS;
import static io.sluice.sse.netty.Http2Client.END_STREAM;
import static io.sluice.sse.netty.Http2Client.GOAWAY;
import static io.sluice.sse.netty.Http2Client.HEADERS;
import static io.sluice.sse.netty.Http2Client.PING;
import static io.sluice.sse.netty.Http2Client.PRIORITY;
import static io.sluice.sse.netty.Http2Client.PUSH_PROMISE;
import static io.sluice.sse.netty.Http2Client.RST_STREAM;
import static io.sluice.sse.netty.Http2Client.SETTINGS;
import static io.sluice.sse.netty.Http2Client.WINDOW_UPDATE;
import static io.sluice.sse.netty.Http2Client.block;
import static io.sluice.sse.netty.Http2Client.frameBytes;
import static io.sluice.sse.netty.Http2Client.number;
import static io.sluice.sse.netty.Http2Client.setting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/**
 * A table of hostile frames. Each is answered, or ends its stream or its connection. A healthy stream of another
 * connection misses nothing. Where the frame concerns one stream, neither does a healthy stream of the same connection.
 */
@Timeout(200)
class Http2HostileTest {

    private enum Outcome {
        /** The connection ends, with a GOAWAY before where the client has begun to speak HTTP/2. */
        CONNECTION_ENDS,
        /** The stream of the frame is reset, and its connection goes on. */
        STREAM_IS_RESET,
        /** The request gets a response of the class 4xx, and the connection goes on. */
        REJECTED,
        /** The connection goes on. */
        HARMLESS
    }

    /** Sends the frames. @return the stream that they concern, or 0 */
    @FunctionalInterface
    private interface Attack {
        int send(Http2Client client, int healthy) throws IOException;
    }

    private record Case(Outcome outcome, Attack attack) {}

    private static final int MAX_STREAMS = 100;
    private static final int MAX_RESETS = 200;

    private static final String[] REQUEST = {
        ":method", "GET", ":scheme", "http", ":path", "/x", ":authority", "localhost"
    };

    private static Map<String, Case> cases() {
        Map<String, Case> cases = new LinkedHashMap<>();
        addMalformedRequests(cases);
        addFramesOutOfPlace(cases);
        addWrongSizesAndValues(cases);
        addFloods(cases);
        return cases;
    }

    private static Attack request(int flags, String... fields) {
        return (client, healthy) -> {
            int stream = client.next();
            client.headers(stream, flags, block(fields));
            return stream;
        };
    }

    private static Attack complete(String... fields) {
        return request(END_HEADERS | END_STREAM, fields);
    }

    private static Attack with(String... more) {
        String[] fields = new String[REQUEST.length + more.length];
        System.arraycopy(REQUEST, 0, fields, 0, REQUEST.length);
        System.arraycopy(more, 0, fields, REQUEST.length, more.length);
        return complete(fields);
    }

    private static void reset(Map<String, Case> cases, String name, Attack attack) {
        cases.put(name, new Case(Outcome.STREAM_IS_RESET, attack));
    }

    private static void rejected(Map<String, Case> cases, String name, Attack attack) {
        cases.put(name, new Case(Outcome.REJECTED, attack));
    }

    private static void ends(Map<String, Case> cases, String name, Attack attack) {
        cases.put(name, new Case(Outcome.CONNECTION_ENDS, attack));
    }

    private static void harmless(Map<String, Case> cases, String name, Attack attack) {
        cases.put(name, new Case(Outcome.HARMLESS, attack));
    }

    private static void addMalformedRequests(Map<String, Case> cases) {
        reset(cases, "no pseudo headers", complete("accept", "*/*"));
        reset(cases, "no :method", complete(":scheme", "http", ":path", "/x", ":authority", "localhost"));
        reset(cases, "no :scheme", complete(":method", "GET", ":path", "/x", ":authority", "localhost"));
        reset(cases, "no :path", complete(":method", "GET", ":scheme", "http", ":authority", "localhost"));
        reset(
                cases,
                "an empty :path",
                complete(":method", "GET", ":scheme", "http", ":path", "", ":authority", "localhost"));
        reset(
                cases,
                "an unknown pseudo header",
                complete(":method", "GET", ":scheme", "http", ":path", "/x", ":color", "x"));
        reset(
                cases,
                "a response's pseudo header",
                complete(":method", "GET", ":scheme", "http", ":path", "/x", ":status", "200"));
        reset(
                cases,
                "a pseudo header after others",
                complete(":method", "GET", "a", "b", ":scheme", "http", ":path", "/x"));
        reset(cases, "an upper-case name", with("Upper", "x"));
        reset(cases, "a connection header", with("connection", "close"));
        reset(cases, "keep-alive", with("keep-alive", "timeout=5"));
        reset(cases, "transfer-encoding", with("transfer-encoding", "chunked"));
        reset(cases, "upgrade", with("upgrade", "h2c"));
        reset(cases, "te", with("te", "gzip"));
        reset(cases, "an empty name", with("", "x"));
        reset(cases, "CR LF in a value", with("a", "b\r\nFAKE: x"));
        reset(cases, "NUL in a value", with("a", "b\0c"));
        reset(cases, "a space in a name", with("a b", "c"));
        reset(cases, "two paths", complete(":method", "GET", ":scheme", "http", ":path", "/x", ":path", "/y"));
        reset(cases, "two methods", complete(":method", "GET", ":method", "POST", ":scheme", "http", ":path", "/x"));
        reset(cases, "two authorities", with(":authority", "localhost"));
        reset(cases, "two schemes", with(":scheme", "http"));
        reset(cases, "proxy-connection", with("proxy-connection", "keep-alive"));
        reset(cases, "CR in a value", with("a", "b\rc"));
        reset(cases, "an upper-case pseudo header", with(":Path", "/y"));
        reset(cases, "content-length without a body", with("content-length", "5"));
        reset(cases, "two lengths that differ", with("content-length", "0", "content-length", "1"));
        reset(cases, "a length with a sign", with("content-length", "+0"));
        reset(cases, "a length that is none", with("content-length", "0x0"));
        rejected(cases, "te: trailers, which is allowed, for nothing", with("te", "trailers"));
        rejected(
                cases,
                "a host with a user",
                complete(":method", "GET", ":scheme", "http", ":path", "/x", ":authority", "evil@localhost"));
        rejected(
                cases,
                "TRACE",
                complete(":method", "TRACE", ":scheme", "http", ":path", "/events/a", ":authority", "localhost"));
        rejected(cases, "another host than :authority", with("host", "evil.example"));
        rejected(
                cases,
                "two hosts",
                complete(":method", "GET", ":scheme", "http", ":path", "/x", "host", "localhost", "host", "localhost"));
        rejected(cases, "no host at all", complete(":method", "GET", ":scheme", "http", ":path", "/x"));
        rejected(
                cases,
                "a foreign host",
                complete(":method", "GET", ":scheme", "http", ":path", "/x", ":authority", "evil"));
        rejected(
                cases,
                "a path without a slash",
                complete(":method", "GET", ":scheme", "http", ":path", "x", ":authority", "localhost"));
        rejected(
                cases,
                "an absolute path",
                complete(":method", "GET", ":scheme", "http", ":path", "http://evil/x", ":authority", "localhost"));
        rejected(
                cases,
                "OPTIONS *",
                complete(":method", "OPTIONS", ":scheme", "http", ":path", "*", ":authority", "localhost"));
        rejected(
                cases,
                "dot segments",
                complete(":method", "GET", ":scheme", "http", ":path", "/events/%2e%2e/x", ":authority", "localhost"));
        rejected(
                cases,
                "NUL in the path",
                complete(":method", "GET", ":scheme", "http", ":path", "/events/a%00", ":authority", "localhost"));
        rejected(
                cases,
                "a lower-case method",
                complete(":method", "get", ":scheme", "http", ":path", "/events/a", ":authority", "localhost"));
        rejected(
                cases,
                "a path that is too long",
                complete(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":path",
                        "/" + "x".repeat(90_000),
                        ":authority",
                        "localhost"));
        rejected(cases, "headers that are too long", with("x", "y".repeat(20_000)));
        rejected(
                cases,
                "a stream by POST",
                complete(":method", "POST", ":scheme", "http", ":path", "/events/a", ":authority", "localhost"));
        rejected(cases, "CONNECT", complete(":method", "CONNECT", ":authority", "localhost:22"));
        reset(cases, "a body that is shorter than announced", (client, healthy) -> {
            int stream = client.request("POST", "/events/a", false, "content-length", "10");
            client.frame(DATA, END_STREAM, stream, new byte[5]);
            return stream;
        });
        reset(cases, "a body that is longer than announced", (client, healthy) -> {
            int stream = client.request("POST", "/events/a", false, "content-length", "5");
            client.frame(DATA, END_STREAM, stream, new byte[10]);
            return stream;
        });
        reset(cases, "trailers that look like another request", (client, healthy) -> {
            int stream = client.request("POST", "/events/a", false);
            client.frame(HEADERS, END_HEADERS | END_STREAM, stream, block(REQUEST));
            return stream;
        });
        reset(cases, "pseudo headers in trailers", (client, healthy) -> {
            int stream = client.request("POST", "/events/a", false);
            client.frame(HEADERS, END_HEADERS | END_STREAM, stream, block(":path", "/y"));
            return stream;
        });
    }

    private static void addFramesOutOfPlace(Map<String, Case> cases) {
        reset(cases, "DATA after the end of the request", (client, healthy) -> {
            client.frame(DATA, 0, healthy, new byte[1]);
            return healthy;
        });
        ends(cases, "DATA on an idle stream", (client, healthy) -> {
            client.frame(DATA, 0, 99, new byte[1]);
            return 0;
        });
        ends(cases, "DATA on stream 0", (client, healthy) -> {
            client.frame(DATA, 0, 0, new byte[1]);
            return 0;
        });
        ends(cases, "HEADERS on stream 0", (client, healthy) -> {
            client.frame(HEADERS, END_HEADERS | END_STREAM, 0, block(REQUEST));
            return 0;
        });
        ends(cases, "HEADERS on an even stream", (client, healthy) -> {
            client.frame(HEADERS, END_HEADERS | END_STREAM, 100, block(REQUEST));
            return 0;
        });
        reset(cases, "HEADERS on a stream that was skipped", (client, healthy) -> {
            client.frame(HEADERS, END_HEADERS | END_STREAM, 101, block(REQUEST));
            client.frame(HEADERS, END_HEADERS | END_STREAM, 51, block(REQUEST));
            return 51;
        });
        ends(cases, "RST_STREAM on an idle stream", (client, healthy) -> {
            client.frame(RST_STREAM, 0, 99, number(8));
            return 0;
        });
        ends(cases, "RST_STREAM on stream 0", (client, healthy) -> {
            client.frame(RST_STREAM, 0, 0, number(8));
            return 0;
        });
        ends(cases, "WINDOW_UPDATE on an idle stream", (client, healthy) -> {
            client.windowUpdate(99, 1);
            return 0;
        });
        ends(cases, "CONTINUATION without HEADERS", (client, healthy) -> {
            client.frame(CONTINUATION, END_HEADERS, 99, block(REQUEST));
            return 0;
        });
        ends(cases, "another frame within a header block", (client, healthy) -> {
            client.frame(HEADERS, END_STREAM, client.next(), block(REQUEST));
            client.frame(PING, 0, 0, new byte[8]);
            return 0;
        });
        ends(cases, "PUSH_PROMISE", (client, healthy) -> {
            client.frame(PUSH_PROMISE, END_HEADERS, healthy, number(2));
            return 0;
        });
        ends(cases, "SETTINGS on a stream", (client, healthy) -> {
            client.frame(SETTINGS, 0, healthy);
            return 0;
        });
        ends(cases, "PING on a stream", (client, healthy) -> {
            client.frame(PING, 0, healthy, new byte[8]);
            return 0;
        });
        ends(cases, "GOAWAY on a stream", (client, healthy) -> {
            client.frame(GOAWAY, 0, healthy, new byte[8]);
            return 0;
        });
        ends(cases, "the preface again", (client, healthy) -> {
            client.bytes(Http2Client.PREFACE);
            return 0;
        });
        ends(cases, "PRIORITY on stream 0", (client, healthy) -> {
            client.frame(PRIORITY, 0, 0, new byte[5]);
            return 0;
        });
        ends(cases, "CONTINUATION of another stream", (client, healthy) -> {
            client.frame(HEADERS, END_STREAM, client.next(), block(REQUEST));
            client.frame(CONTINUATION, END_HEADERS, healthy, block(REQUEST));
            return 0;
        });
        ends(cases, "CONTINUATION after the end of a header block", (client, healthy) -> {
            int stream = client.get("/events/a");
            client.frame(CONTINUATION, END_HEADERS, stream, block("x", "y"));
            return 0;
        });
        reset(cases, "a request more than the server allows", (client, healthy) -> {
            for (int i = 0; i < MAX_STREAMS - 2; i++) {
                client.request("POST", "/events/a", false);
            }
            return client.get("/events/a");
        });
        harmless(cases, "an unknown frame", (client, healthy) -> {
            client.frame(0x42, 255, 0, new byte[100]);
            client.frame(0x42, 255, healthy, new byte[100]);
            return 0;
        });
        harmless(cases, "an unknown setting", (client, healthy) -> {
            client.frame(SETTINGS, 0, 0, setting(0x4242, 42));
            return 0;
        });
        harmless(cases, "PRIORITY on an idle stream", (client, healthy) -> {
            client.frame(PRIORITY, 0, 201, new byte[5]);
            return 0;
        });
    }

    private static void addWrongSizesAndValues(Map<String, Case> cases) {
        ends(cases, "a frame above the maximum size", (client, healthy) -> {
            client.frame(DATA, 0, healthy, new byte[20_000]);
            return 0;
        });
        ends(cases, "a PING of 7 bytes", (client, healthy) -> {
            client.frame(PING, 0, 0, new byte[7]);
            return 0;
        });
        ends(cases, "SETTINGS of 5 bytes", (client, healthy) -> {
            client.frame(SETTINGS, 0, 0, new byte[5]);
            return 0;
        });
        ends(cases, "an acknowledgement of SETTINGS with settings", (client, healthy) -> {
            client.frame(SETTINGS, Http2Client.ACK, 0, setting(Http2Client.SETTING_INITIAL_WINDOW, 1));
            return 0;
        });
        ends(cases, "RST_STREAM of 3 bytes", (client, healthy) -> {
            client.frame(RST_STREAM, 0, healthy, new byte[3]);
            return 0;
        });
        ends(cases, "GOAWAY of 4 bytes", (client, healthy) -> {
            client.frame(GOAWAY, 0, 0, new byte[4]);
            return 0;
        });
        ends(cases, "a table of headers above its maximum", (client, healthy) -> {
            // an update of the size (RFC 7541, section 6.3) to 1,054 KB
            client.frame(HEADERS, END_HEADERS | END_STREAM, client.next(), (byte) 0x3f, (byte) 0xff, (byte) 0xff, (byte)
                    0x3f);
            return 0;
        });
        ends(cases, "a header index that does not exist", (client, healthy) -> {
            client.frame(HEADERS, END_HEADERS | END_STREAM, client.next(), (byte) 0xfe);
            return 0;
        });
        reset(cases, "an initial window that overflows an open one", (client, healthy) -> {
            client.windowUpdate(healthy, 10_000);
            client.frame(SETTINGS, 0, 0, setting(Http2Client.SETTING_INITIAL_WINDOW, Integer.MAX_VALUE));
            return healthy;
        });
        ends(cases, "a WINDOW_UPDATE of 3 bytes", (client, healthy) -> {
            client.frame(WINDOW_UPDATE, 0, 0, new byte[3]);
            return 0;
        });
        ends(cases, "a window of the connection above 2^31-1", (client, healthy) -> {
            client.windowUpdate(0, Integer.MAX_VALUE);
            return 0;
        });
        reset(cases, "a window of the stream above 2^31-1", (client, healthy) -> {
            client.windowUpdate(healthy, Integer.MAX_VALUE);
            return healthy;
        });
        ends(cases, "an increment of 0 for the connection", (client, healthy) -> {
            client.windowUpdate(0, 0);
            return 0;
        });
        reset(cases, "an increment of 0 for the stream", (client, healthy) -> {
            client.windowUpdate(healthy, 0);
            return healthy;
        });
        ends(cases, "an initial window above 2^31-1", (client, healthy) -> {
            client.frame(SETTINGS, 0, 0, setting(Http2Client.SETTING_INITIAL_WINDOW, -1));
            return 0;
        });
        ends(cases, "a maximum frame size of 1", (client, healthy) -> {
            client.frame(SETTINGS, 0, 0, setting(5, 1));
            return 0;
        });
        ends(cases, "ENABLE_PUSH 2", (client, healthy) -> {
            client.frame(SETTINGS, 0, 0, setting(2, 2));
            return 0;
        });
        ends(cases, "an invalid header block", (client, healthy) -> {
            client.frame(
                    HEADERS,
                    END_HEADERS | END_STREAM,
                    client.next(),
                    (byte) 0xff,
                    (byte) 0xff,
                    (byte) 0xff,
                    (byte) 0xff,
                    (byte) 0xff);
            return 0;
        });
        ends(cases, "more padding than bytes", (client, healthy) -> {
            client.frame(HEADERS, END_HEADERS | END_STREAM | 8, client.next(), (byte) 200, (byte) 0x82);
            return 0;
        });
        ends(cases, "a stream that depends on itself", (client, healthy) -> {
            int stream = client.next();
            byte[] block = block(REQUEST);
            byte[] payload = new byte[5 + block.length];
            System.arraycopy(number(stream), 0, payload, 0, 4);
            System.arraycopy(block, 0, payload, 5, block.length);
            client.frame(HEADERS, END_HEADERS | END_STREAM | 0x20, stream, payload);
            return 0;
        });
    }

    private static byte[] repeated(int count, byte[] frame) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            all.write(frame);
        }
        return all.toByteArray();
    }

    private static void addFloods(Map<String, Case> cases) {
        harmless(cases, "PINGs that are read", (client, healthy) -> {
            client.bytes(repeated(1000, frameBytes(PING, 0, 0, new byte[8])));
            return 0;
        });
        harmless(cases, "SETTINGS that are read", (client, healthy) -> {
            client.bytes(repeated(1000, frameBytes(SETTINGS, 0, 0)));
            return 0;
        });
        harmless(cases, "WINDOW_UPDATEs", (client, healthy) -> {
            client.bytes(repeated(1000, frameBytes(WINDOW_UPDATE, 0, healthy, number(1))));
            return 0;
        });
        harmless(cases, "PRIORITYs", (client, healthy) -> {
            client.bytes(repeated(1000, frameBytes(PRIORITY, 0, healthy, new byte[5])));
            return 0;
        });
        rejected(cases, "a few bytes that stand for many headers", (client, healthy) -> {
            // one header of 3,000 bytes goes into the table, and each further byte repeats it
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] first = block("x", "y".repeat(3000));
            first[0] = 0x40;
            all.writeBytes(block(REQUEST));
            all.writeBytes(first);
            for (int i = 0; i < 5000; i++) {
                all.write(0x80 | 62);
            }
            int stream = client.next();
            client.headers(stream, END_HEADERS | END_STREAM, all.toByteArray());
            return stream;
        });
        ends(cases, "empty DATA", (client, healthy) -> {
            int stream = client.request("POST", "/events/a", false);
            client.bytes(repeated(100, frameBytes(DATA, 0, stream)));
            return 0;
        });
        ends(cases, "empty CONTINUATION", (client, healthy) -> {
            int stream = client.next();
            client.frame(HEADERS, END_STREAM, stream, block(REQUEST));
            client.bytes(repeated(100, frameBytes(CONTINUATION, 0, stream)));
            return 0;
        });
        ends(cases, "CONTINUATION without an end", (client, healthy) -> {
            int stream = client.next();
            client.frame(HEADERS, END_STREAM, stream, block(REQUEST));
            byte[] more = block("x", "y".repeat(8000));
            client.bytes(repeated(16, frameBytes(CONTINUATION, 0, stream, more))); // more would meet a closed socket
            return 0;
        });
        ends(cases, "rapid reset", (client, healthy) -> {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] block = block(REQUEST);
            for (int i = 0; i < MAX_RESETS + 20; i++) { // the server takes so many bytes in one read
                int stream = client.next();
                all.write(frameBytes(HEADERS, END_HEADERS | END_STREAM, stream, block));
                all.write(frameBytes(RST_STREAM, 0, stream, number(8)));
            }
            client.bytes(all.toByteArray());
            return 0;
        });
        ends(cases, "resets that the server is made to send", (client, healthy) -> {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] block = block(":method", "POST", ":scheme", "http", ":path", "/events/a", ":authority", "localhost");
            for (int i = 0; i < MAX_RESETS + 20; i++) { // the server takes so many bytes in one read
                int stream = client.next();
                all.write(frameBytes(HEADERS, END_HEADERS, stream, block));
                all.write(frameBytes(WINDOW_UPDATE, 0, stream, number(0)));
            }
            client.bytes(all.toByteArray());
            return 0;
        });
    }

    @Test
    void eachHostileFrameIsAnsweredOrEndsWhatItConcerns() throws IOException {
        Logger logger = (Logger) LoggerFactory.getLogger("io.sluice");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>();
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        try {
            sendEach();
        } finally {
            logger.setAdditive(true);
            logger.setLevel(null);
            logger.detachAppender(lines);
        }
        // Only the guards against floods warn, and in one line for a minute.
        assertThat(lines.list.stream()
                        .filter(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                        .map(ILoggingEvent::getFormattedMessage))
                .singleElement()
                .asString()
                .contains("the limit http2-flood is reached");
        assertThat(lines.list)
                .allSatisfy(line -> assertThat(line.getFormattedMessage()).doesNotContain("\n", "\r", "FAKE"));
    }

    private static void sendEach() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO)
                        .http2MaxStreams(MAX_STREAMS)
                        .http2MaxResets(MAX_RESETS)
                        .heartbeat(Duration.ZERO) // so that a client that waits in vain reads nothing
                        .start();
                RawClient control = RawClient.open(server.port(), "/events/control")) {
            int published = 0;
            int attempts = 0;
            List<String> wrong = new ArrayList<>(); // one run reports each wrong answer
            for (Map.Entry<String, Case> named : cases().entrySet()) {
                try {
                    attempts += AnswerTime.assertShort(
                            named.getKey(), () -> sendOne(server, named.getKey(), named.getValue()));
                } catch (AssertionError e) {
                    wrong.add(e.getMessage());
                }
                server.hub().publish("control", Event.of(named.getKey()));
                control.awaitEvents(++published);
            }
            assertThat(wrong).isEmpty();
            assertThat(control.stream().data()).containsExactlyElementsOf(cases().keySet());
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.HTTP2_FLOOD))
                    .isBetween(4L, 5L + attempts - published);
            assertThat(server.hub().stats().closed().get(CloseReason.PROTOCOL_ERROR))
                    .as("streams that ended with a hostile connection, or by themselves")
                    .isGreaterThan(30);
            control.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** @return the time from the last byte of the frames to their answer */
    private static Duration sendOne(SseServer server, String name, Case hostile) throws IOException {
        try (Http2Client client = Http2Client.connect(server.port())) {
            int target = client.open("/events/a");
            int healthy = client.open("/events/b");
            int stream = hostile.attack.send(client, target);
            long sent = System.nanoTime();
            try {
                awaitAnswer(client, stream, hostile.outcome);
            } catch (IOException e) {
                throw new AssertionError(name + " is not answered", e);
            }
            Duration took = AnswerTime.since(sent);
            checkAnswer(client, stream, name, hostile.outcome);
            if (hostile.outcome != Outcome.CONNECTION_ENDS) {
                server.hub().publish("b", Event.of(name));
                client.awaitEvents(healthy, 1);
                assertThat(client.goAways).as(name).isEmpty();
            }
            return took;
        }
    }

    private static void awaitAnswer(Http2Client client, int stream, Outcome outcome) throws IOException {
        switch (outcome) {
            case CONNECTION_ENDS -> client.awaitEnd();
            case STREAM_IS_RESET, REJECTED -> client.awaitOver(stream);
            case HARMLESS -> client.ping();
        }
    }

    private static void checkAnswer(Http2Client client, int stream, String name, Outcome outcome) {
        switch (outcome) {
            case CONNECTION_ENDS -> {
                assertThat(client.goAways).as(name).isNotEmpty();
                assertThat(client.goAways.get(0)[1]).as(name).isNotZero();
            }
            case STREAM_IS_RESET ->
                assertThat(client.stream(stream).reset).as(name).isNotNull().isNotZero();
            case REJECTED -> assertThat(client.stream(stream).status()).as(name).isBetween(400, 431);
            case HARMLESS -> assertThat(client.hasEnded()).as(name).isFalse();
        }
    }

    @Test
    void aPrefaceThatIsWrongIsNoHttp2() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO).start()) {
            try (Http2Client client = Http2Client.raw(server.port())) {
                client.bytes(Http2Client.PREFACE).frame(PING, 0, 0, new byte[8]); // not SETTINGS
                client.awaitEnd();
                assertThat(client.goAways).hasSize(1);
            }
            try (Http2Client client = Http2Client.raw(server.port())) {
                client.bytes(Http2Client.PREFACE).frame(SETTINGS, Http2Client.ACK, 0);
                client.awaitEnd();
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** A client that does not read the answers to its PINGs would fill the memory of the server. */
    @Test
    void pingsThatAreNotReadEndTheConnection() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO)
                        .requestTimeout(Duration.ofMinutes(5)) // which would close this idle connection as well
                        .start();
                Http2Client client = Http2Client.connect(server.port())) {
            byte[] pings = repeated(10_000, frameBytes(PING, 0, 0, new byte[8]));
            assertThat(floodUntilClosed(client, pings)).isTrue();
            TestServers.awaitNothingOwned(server.hub());
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.HTTP2_FLOOD))
                    .isEqualTo(1);
        }
    }

    private static boolean floodUntilClosed(Http2Client client, byte[] pings) {
        for (int i = 0; i < 2000; i++) {
            try {
                client.bytes(pings);
            } catch (IOException closed) {
                return true;
            }
        }
        return false;
    }

    /** No stream exists before its header block is complete, so the deadline of a request does not apply. */
    @Test
    void whatIsBegunAndNotCompletedEndsTheConnection() throws IOException {
        byte[] headers = frameBytes(HEADERS, END_STREAM, 3, block(REQUEST));
        Map<String, byte[]> cases = new LinkedHashMap<>();
        cases.put("HEADERS without an end", headers);
        cases.put("half of HEADERS", Arrays.copyOf(headers, headers.length / 2));
        cases.put("half of the header of a frame", Arrays.copyOf(headers, 5));
        cases.put("the header of an unknown frame", Arrays.copyOf(frameBytes(0x42, 0, 0, new byte[100]), 9));
        try (SseServer server = TestServers.on(Transport.AUTO)
                        .requestTimeout(Duration.ofSeconds(2))
                        .heartbeat(Duration.ZERO)
                        .start();
                RawClient control = RawClient.open(server.port(), "/events/control");
                Http2Client whole = Http2Client.connect(server.port())) {
            int healthy = whole.open("/events/control");
            Map<String, Http2Client> clients = new LinkedHashMap<>();
            for (Map.Entry<String, byte[]> slow : cases.entrySet()) {
                Http2Client client = Http2Client.connect(server.port());
                clients.put(slow.getKey(), client);
                client.open("/events/a");
                client.bytes(slow.getValue());
            }
            long sent = System.nanoTime();
            for (Map.Entry<String, Http2Client> slow : clients.entrySet()) {
                slow.getValue().awaitEnd();
                assertThat(AnswerTime.since(sent)).as(slow.getKey()).isLessThan(AnswerTime.MAX_SLOW);
                assertThat(slow.getValue().goAways).as(slow.getKey()).hasSize(1);
                slow.getValue().close();
            }
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.REQUEST_TIMEOUT))
                    .isEqualTo(cases.size());
            await().untilAsserted(() -> assertThat(server.hub().stats().closed().get(CloseReason.CLIENT_LEFT))
                    .isEqualTo(cases.size()));
            server.hub().publish("control", Event.of("no deadline for an open stream"));
            control.awaitEvents(1);
            whole.awaitEvents(healthy, 1);
        }
    }

    /** A proxy resets a stream for each page that closes. That must not end the streams of its other clients. */
    @Test
    void theResetsOfAnHonestProxyEndNoOtherStream() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO).start();
                Http2Client proxy = Http2Client.connect(server.port())) {
            int healthy = proxy.open("/events/a");
            for (int i = 0; i < 400; i++) { // Netty's default allows 200
                proxy.reset(proxy.get("/events/b"), 8);
            }
            proxy.ping();
            server.hub().publish("a", Event.of("still here"));
            proxy.awaitEvents(healthy, 1);
        }
    }
}
