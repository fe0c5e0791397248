package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import io.sluice.sse.netty.stream.NettySink;
import io.sluice.sse.topic.SinkInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** PROXY headers over real sockets: which peers must send one, which must not, and which address the connection has. */
@Timeout(300)
class ProxyProtocolTest {

    private static final byte[] SIGNATURE = "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII);
    private static final int AF_INET_STREAM = 0x11;
    private static final int AF_INET6_STREAM = 0x21;
    private static final int AF_UNIX_STREAM = 0x31;
    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;

    @OverEachTransport
    void theConnectionHasTheAddressOfTheClient(Transport transport) throws Exception {
        byte[] four = addresses("192.0.2.1", "192.0.2.9", 4711, 80);
        byte[] six = addresses("2001:db8::1", "2001:db8::9", 4711, 80);
        byte[] tlv = {0x04, 0, 3, 1, 2, 3, (byte) 0xE0, 0, 1, 9};
        try (SseServer server = TestServers.on(transport)
                .trustedProxies(TrustedProxies.of("127.0.0.1").byProxyProtocol())
                .start()) {
            assertClient(server, ascii("PROXY TCP4 192.0.2.1 192.0.2.9 4711 80\r\n"), "192.0.2.1:4711");
            assertClient(
                    server, ascii("PROXY TCP6 2001:db8::1 2001:db8::9 4711 80\r\n"), "[2001:db8:0:0:0:0:0:1]:4711");
            assertClient(server, ascii("PROXY UNKNOWN\r\n"), "127.0.0.1:");
            assertClient(server, ascii("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), "127.0.0.1:");
            assertClient(server, header(PROXY, AF_INET_STREAM, four), "192.0.2.1:4711");
            assertClient(server, header(PROXY, AF_INET6_STREAM, six), "[2001:db8:0:0:0:0:0:1]:4711");
            assertClient(server, header(PROXY, AF_INET_STREAM, join(four, tlv)), "192.0.2.1:4711");
            assertClient(server, header(LOCAL, 0, new byte[0]), "127.0.0.1:");
            assertClient(server, header(LOCAL, AF_INET_STREAM, four), "127.0.0.1:");
            assertClient(server, header(PROXY, 0, new byte[0]), "127.0.0.1:");
            assertClient(server, header(PROXY, AF_UNIX_STREAM, new byte[216]), "127.0.0.1:");
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    private static void assertClient(SseServer server, byte[] header, String client) throws IOException {
        for (boolean atOnce : new boolean[] {true, false}) {
            try (RawClient connection = RawClient.connect(server.port())) {
                byte[] get = ascii("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
                if (atOnce) {
                    connection.send(join(header, get));
                } else {
                    for (byte b : header) {
                        connection.send(new byte[] {b});
                    }
                    connection.send(get);
                }
                connection.await(() -> connection.stream().retries.size() > 0, "the first block");
                assertThat(infos(server))
                        .filteredOn(info -> info.sink().remoteAddress().startsWith(client))
                        .as(client)
                        .isNotEmpty()
                        .allSatisfy(info -> assertThat(((NettySink) info.sink())
                                        .channel()
                                        .pipeline()
                                        .names())
                                .as("only the stream, and the pipeline's own tail")
                                .hasSizeLessThanOrEqualTo(2)); // a connection that is closing has none
            }
        }
    }

    /** The header comes before TLS and before HTTP/2, and all streams of the connection have its client. */
    @ParameterizedTest
    @EnumSource(ClientProtocol.class)
    void theHeaderComesBeforeEachProtocol(ClientProtocol protocol) throws Exception {
        byte[] four = addresses("192.0.2.1", "192.0.2.9", 4711, 80);
        try (SseServer server = protocol.on(Transport.AUTO)
                .trustedProxies(TrustedProxies.of("127.0.0.1").byProxyProtocol())
                .start()) {
            for (byte[] header :
                    List.of(ascii("PROXY TCP4 192.0.2.1 192.0.2.9 4711 80\r\n"), header(PROXY, AF_INET_STREAM, four))) {
                try (StreamClient one = protocol.openAfter(header, server, "/events/a");
                        StreamClient two = protocol.isHttp2() ? protocol.openBeside(one, server, "/events/a") : one) {
                    assertThat(infos(server))
                            .hasSize(protocol.isHttp2() ? 2 : 1)
                            .allSatisfy(info ->
                                    assertThat(info.sink().remoteAddress()).isEqualTo("192.0.2.1:4711"));
                    server.hub().publish("a", Event.of("hello"));
                    one.awaitEvents(1);
                    two.awaitEvents(1);
                }
                TestServers.awaitNothingOwned(server.hub());
            }
            assertThatThrownBy(() -> protocol.open(server, "/events/a").close())
                    .as("without the header")
                    .isInstanceOfAny(IOException.class, AssertionError.class);
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    private static List<SinkInfo> infos(SseServer server) {
        return TestServers.sinks(server.hub());
    }

    @OverEachTransport
    void aProxyWithoutAHeaderOrWithABadOneIsClosed(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                .trustedProxies(TrustedProxies.of("127.0.0.0/8").byProxyProtocol())
                .requestTimeout(Duration.ofMinutes(5)) // so that this timeout does not close them
                .start()) {
            Stream.of(
                            ascii("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                            ascii("PROXY TCP4 192.0.2.1\r\n"),
                            ascii("PROXY TCP4 999.0.2.1 192.0.2.9 1 2\r\n"),
                            ascii("PROXY TCP4 192.0.2.1 192.0.2.9 1 65536\r\n"),
                            ascii("PROXY TCP4 " + "1".repeat(120)),
                            header(PROXY, AF_INET_STREAM, new byte[3]),
                            header(0x31, AF_INET_STREAM, new byte[12]),
                            header(PROXY, AF_INET_STREAM, new byte[60_000]))
                    .forEach(bytes -> {
                        try (RawClient client = RawClient.connect(server.port())) {
                            try {
                                client.send(bytes);
                            } catch (IOException reset) {
                                // closed before the client had sent everything
                            }
                            assertThat(client.awaitEnd(RawClient.PATIENCE))
                                    .as(new String(bytes, 0, Math.min(40, bytes.length), StandardCharsets.ISO_8859_1))
                                    .isTrue();
                            assertThat(client.stream().hasHead()).isFalse();
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    });
            assertThat(server.hub().stats().opened()).isZero();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @OverEachTransport
    void anUntrustedPeersHeaderIsRejectedAndWithoutOneItsOwnAddressCounts(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                        .trustedProxies(TrustedProxies.of("10.0.0.0/8").byProxyProtocol())
                        .requestTimeout(Duration.ofMinutes(5)) // so that this timeout does not close them
                        .start();
                RawClient one = RawClient.connect(server.port());
                RawClient two = RawClient.connect(server.port())) {
            one.send("PROXY TCP4 192.0.2.1 192.0.2.9 4711 80\r\nGET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(one.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(one.stream().status()).isEqualTo(400);
            two.send(join(
                    header(PROXY, AF_INET_STREAM, addresses("192.0.2.1", "192.0.2.9", 1, 2)),
                    ascii("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n")));
            assertThat(two.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(two.stream().status()).isEqualTo(400);
            try (RawClient plain = RawClient.open(server.port(), "/events/a")) {
                assertThat(infos(server))
                        .singleElement()
                        .satisfies(info ->
                                assertThat(info.sink().remoteAddress()).isEqualTo("127.0.0.1:" + plain.localPort()));
            }
        }
    }

    private static byte[] header(int versionAndCommand, int family, byte[] rest) {
        ByteBuffer header = ByteBuffer.allocate(SIGNATURE.length + 4 + rest.length);
        header.put(SIGNATURE).put((byte) versionAndCommand).put((byte) family);
        return header.putShort((short) rest.length).put(rest).array();
    }

    private static byte[] addresses(String source, String destination, int sourcePort, int destinationPort)
            throws IOException {
        byte[] from = InetAddress.getByName(source).getAddress();
        byte[] to = InetAddress.getByName(destination).getAddress();
        return ByteBuffer.allocate(from.length + to.length + 4)
                .put(from)
                .put(to)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .array();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
