package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.handler.ssl.SslProvider;
import io.sluice.sse.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** Tables of clients that violate TLS, or stop within it. A healthy stream of another connection misses nothing. */
@Timeout(120)
class TlsFaultsTest {

    /** Far above the time that the test waits, so that no timeout closes in place of the server's checks. */
    private static final Duration NEVER = Duration.ofMinutes(10);

    private static final int ALERT = 21;
    private static final int HANDSHAKE = 22;
    private static final int APPLICATION_DATA = 23;
    private static final int HEARTBEAT = 24;

    private static final int RECORD_HEADER_BYTES = 5;
    /** Above the maximum of any version of TLS. */
    private static final int TOO_LARGE = 20 * 1024;

    private static SseServerBuilder server(Transport transport, SslProvider provider) {
        return TestTls.serve(TestServers.on(transport), provider).blockedLaneAfter(NEVER);
    }

    private static byte[] record(int type, byte... content) {
        return ByteBuffer.allocate(RECORD_HEADER_BYTES + content.length)
                .put((byte) type)
                .putShort((short) 0x0303)
                .putShort((short) content.length)
                .put(content)
                .array();
    }

    /** The first record of a client. */
    private static byte[] hello(String protocol, String... ciphers) throws SSLException {
        SSLEngine engine = TestTls.clientEngine();
        engine.setEnabledProtocols(new String[] {protocol});
        if (ciphers.length > 0) {
            engine.setEnabledCipherSuites(ciphers);
        }
        ByteBuffer record = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), record);
        return Arrays.copyOf(record.array(), record.position());
    }

    /** Without extensions, which could offer another version. */
    private static byte[] helloOfTls10() {
        int randomBytes = 32;
        ByteBuffer hello = ByteBuffer.allocate(4 + 2 + randomBytes + 1 + 4 + 2);
        hello.putInt(1 << 24 | hello.capacity() - 4).putShort((short) 0x0301);
        hello.position(hello.position() + randomBytes + 1); // and no session
        hello.putShort((short) 2).putShort((short) 0xc009); // ECDHE_ECDSA_WITH_AES_128_CBC_SHA
        return record(HANDSHAKE, hello.put((byte) 1).put((byte) 0).array()); // no compression
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] twice(byte[] bytes) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(bytes);
        all.writeBytes(bytes);
        return all.toByteArray();
    }

    /** What a client sends in place of a handshake. */
    private static Map<String, byte[]> brokenHandshakes() throws SSLException {
        Map<String, byte[]> cases = new LinkedHashMap<>();
        cases.put("HTTP/1.1 in clear text", ascii("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        cases.put("HTTP/2 in clear text", Http2Client.PREFACE);
        byte[] garbage = new byte[100];
        Arrays.fill(garbage, (byte) 0xff);
        cases.put("garbage", garbage);
        cases.put("an empty record", record(HANDSHAKE));
        cases.put("a record of 20 KB", record(HANDSHAKE, new byte[TOO_LARGE]));
        cases.put("a fatal alert", record(ALERT, (byte) 2, (byte) 40));
        cases.put("an end before the beginning", record(ALERT, (byte) 1, (byte) 0));
        cases.put("data before the handshake", record(APPLICATION_DATA, new byte[40]));
        cases.put("a heartbeat", record(HEARTBEAT, (byte) 1, (byte) 0x40, (byte) 0));
        cases.put("a message that is no hello", record(HANDSHAKE, (byte) 20, (byte) 0, (byte) 0, (byte) 1, (byte) 0));
        cases.put("a hello without content", record(HANDSHAKE, (byte) 1, (byte) 0, (byte) 0, (byte) 0));
        cases.put("a hello of TLS 1.0", helloOfTls10());
        cases.put("no common cipher", hello("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        cases.put("a second hello for TLS 1.3", twice(hello("TLSv1.3")));
        cases.put("a second hello for TLS 1.2", twice(hello("TLSv1.2")));
        return cases;
    }

    @OverEachTls
    void aBrokenHandshakeEndsAtOnce(Transport transport, SslProvider provider) throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>();
        lines.start();
        Logger logger = (Logger) LoggerFactory.getLogger("io.sluice");
        logger.addAppender(lines);
        try (SseServer server =
                        server(transport, provider).requestTimeout(NEVER).start();
                RawClient healthy = openOverTls(server)) {
            int published = 0;
            for (Map.Entry<String, byte[]> broken : brokenHandshakes().entrySet()) {
                String name = broken.getKey();
                AnswerTime.assertShort(name, () -> {
                    try (RawClient client = RawClient.connect(server.port()).send(broken.getValue())) {
                        return timeToEnd(name, client);
                    }
                });
                server.hub().publish("control", Event.of(name));
                healthy.awaitEvents(++published);
            }
            byte[] half = half(hello("TLSv1.3"));
            AnswerTime.assertShort("half a hello, then the end", () -> {
                try (RawClient client =
                        RawClient.connect(server.port()).send(half).finish()) {
                    return timeToEnd("half a hello, then the end", client);
                }
            });
            healthy.close();
            TestServers.awaitNothingOwned(server.hub());
        } finally {
            logger.detachAppender(lines);
        }
        assertThat(lines.list).noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.WARN));
    }

    private static byte[] half(byte[] bytes) {
        return Arrays.copyOf(bytes, bytes.length / 2);
    }

    private static RawClient openOverTls(SseServer server) throws IOException {
        RawClient client = RawClient.overTls(server.port(), 0);
        client.get("/events/control").awaitStream();
        return client;
    }

    private static Duration timeToEnd(String name, RawClient client) {
        long sent = System.nanoTime();
        assertThat(client.awaitEnd(RawClient.PATIENCE)).as(name).isTrue();
        assertThat(client.stream().hasHead()).as(name).isFalse();
        return AnswerTime.since(sent);
    }

    /** The deadline of the first request applies to the handshake. */
    @ParameterizedTest
    @EnumSource(
            value = SslProvider.class,
            names = {"JDK", "OPENSSL"})
    void anUnfinishedHandshakeTimesOut(SslProvider provider) throws Exception {
        Map<String, byte[]> cases = new LinkedHashMap<>();
        cases.put("silence", new byte[0]);
        cases.put("half a hello", half(hello("TLSv1.3")));
        cases.put("nothing after a hello of TLS 1.3", hello("TLSv1.3"));
        cases.put("nothing after a hello of TLS 1.2", hello("TLSv1.2"));
        cases.put("the header of a record of 64 KB", new byte[] {HANDSHAKE, 3, 3, (byte) 0xff, (byte) 0xff});
        try (SseServer server = server(Transport.AUTO, provider)
                        .requestTimeout(Duration.ofSeconds(3))
                        .start();
                RawClient healthy = openOverTls(server)) {
            Map<String, RawClient> clients = new LinkedHashMap<>();
            for (Map.Entry<String, byte[]> slow : cases.entrySet()) {
                clients.put(slow.getKey(), RawClient.connect(server.port()).send(slow.getValue()));
            }
            for (Map.Entry<String, RawClient> slow : clients.entrySet()) {
                assertThat(timeToEnd(slow.getKey(), slow.getValue())).isLessThan(AnswerTime.MAX_SLOW);
                slow.getValue().close();
            }
            server.hub().publish("control", Event.of("a stream has no deadline"));
            healthy.awaitEvents(1);
            healthy.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** After the handshake, on an open stream, which ends. */
    @OverEachTls
    void aBrokenRecordEndsItsStream(Transport transport, SslProvider provider) throws Exception {
        Map<String, byte[]> cases = new LinkedHashMap<>();
        cases.put("a record that does not decrypt", record(APPLICATION_DATA, new byte[100]));
        cases.put("a record of 20 KB", record(APPLICATION_DATA, new byte[TOO_LARGE]));
        cases.put("clear text", ascii("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        cases.put("an empty record", record(APPLICATION_DATA));
        try (SseServer server =
                        server(transport, provider).requestTimeout(NEVER).start();
                RawClient healthy = openOverTls(server)) {
            int published = 0;
            for (Map.Entry<String, byte[]> broken : cases.entrySet()) {
                String name = broken.getKey();
                AnswerTime.assertShort(name, () -> breakStream(server, broken.getValue()));
                server.hub().publish("control", Event.of(name));
                healthy.awaitEvents(++published);
            }
            healthy.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    private static Duration breakStream(SseServer server, byte[] bytes) throws IOException {
        try (Socket tcp = RawClient.plainSocket(server.port(), 0);
                SSLSocket tls = TestTls.over(tcp)) {
            tls.setSoTimeout((int) RawClient.PATIENCE.toMillis());
            tls.getOutputStream().write(ascii("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            assertThat(tls.getInputStream().read()).isEqualTo('H');
            tcp.getOutputStream().write(bytes);
            long sent = System.nanoTime();
            try {
                tls.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (SSLException | SocketException e) {
                // an alert, or a reset
            }
            return AnswerTime.since(sent);
        }
    }

    @OverEachTransport
    void aTlsClientAtThePlainPortIsRejected(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                        .requestTimeout(NEVER)
                        .blockedLaneAfter(NEVER)
                        .start();
                RawClient healthy = RawClient.open(server.port(), "/events/control")) {
            int published = 0;
            for (String protocol : new String[] {"http/1.1", "h2"}) {
                AnswerTime.assertShort(protocol, () -> {
                    long begin = System.nanoTime();
                    assertThatThrownBy(() -> TestTls.connect(server.port(), 0, protocol))
                            .isInstanceOf(IOException.class);
                    return AnswerTime.since(begin);
                });
                server.hub().publish("control", Event.of(protocol));
                healthy.awaitEvents(++published);
            }
            healthy.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }
}
