package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.netty.http.Forwarded;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which client the header of a proxy names, and when the server trusts it. {@code ++} separates header lines. */
class ForwardedTest {

    private static final InetSocketAddress PROXY = new InetSocketAddress("10.0.0.1", 5000);
    private static final TrustedProxies TRUSTED =
            TrustedProxies.of("10.0.0.0/8", "2001:db8:ffff::/48", "::ffff:172.16.0.1");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "for=192.0.2.1                                  | 192.0.2.1:0",
                "FOR=192.0.2.1                                  | 192.0.2.1:0",
                "for=192.0.2.1;proto=https;by=10.0.0.9          | 192.0.2.1:0",
                "by=10.0.0.9 ; for=\"192.0.2.1:4711\"           | 192.0.2.1:4711",
                "for=\"[2001:db8::1]\"                          | 2001:db8:0:0:0:0:0:1:0",
                "for=\"[2001:db8::1]:4711\"                     | 2001:db8:0:0:0:0:0:1:4711",
                "for=\"[2001:db8::1]:_port\"                    | 2001:db8:0:0:0:0:0:1:0",
                "for=\"192.0.\\2.1\"                            | 192.0.2.1:0",
                "for=\"[::ffff:192.0.2.1]\"                     | 192.0.2.1:0",
                // the rightmost address that is not a proxy; addresses before it may be forged
                "for=9.9.9.9, for=192.0.2.1                     | 192.0.2.1:0",
                "for=9.9.9.9, for=192.0.2.1, for=10.1.1.1       | 192.0.2.1:0",
                "for=9.9.9.9 ++ for=192.0.2.1 ++ for=10.1.1.1   | 192.0.2.1:0",
                "for=10.1.1.2, for=10.1.1.1                     | 10.1.1.2:0",
                "for=192.0.2.1, for=\"[2001:db8:ffff::5]\"      | 192.0.2.1:0",
                "for=192.0.2.1, for=172.16.0.1                  | 192.0.2.1:0",
                "host=\"a,b;for=9.9.9.9\";for=192.0.2.1         | 192.0.2.1:0",
                "host=\"a\\\",for=9.9.9.9\";for=192.0.2.1       | 192.0.2.1:0",
                // without a valid address the peer's own counts
                "for=unknown                                    | peer",
                "for=_hidden                                    | peer",
                "for=9.9.9.9, for=unknown                       | peer",
                "for=9.9.9.9, for=_hidden, for=10.1.1.1         | peer",
                "for=9.9.9.9, proto=https                       | peer",
                "for=9.9.9.9,                                   | peer",
                "proto=https                                    | peer",
                "for=localhost                                  | peer",
                "for=256.1.1.1                                  | peer",
                "for=\"192.0.2.1:65536\"                        | peer",
                "for=\"192.0.2.1:\"                             | peer",
                "for=\"[2001:db8::1\"                           | peer",
                "for=\"[2001:db8::1]x\"                         | peer",
                "for=\"[192.0.2.1]\"                            | peer",
                "for=\"[fe80::1%eth0]\"                         | peer",
                // does not match RFC 7239
                "for=[2001:db8::1]                              | peer",
                "for=192.0.2.1:4711                             | peer",
                "for=\"192.0.2.1                                | peer",
                "for=\"192.0.2.1\"x                             | peer",
                "for=\"192.0.2.1\\\"                            | peer",
                "for=192.0.2.1;for=192.0.2.2                    | peer",
                "for 192.0.2.1                                  | peer",
                "=192.0.2.1                                     | peer",
                "for=                                           | peer",
                "for=192.0.2.1;                                 | peer",
                "for=\", for=192.0.2.1                          | peer",
            })
    void forwarded(String header, String client) {
        assertThat(client(TRUSTED.byForwarded(), "forwarded", header)).isEqualTo(client);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.1                          | 192.0.2.1:0",
                "192.0.2.1:4711                     | 192.0.2.1:4711",
                "2001:db8::1                        | 2001:db8:0:0:0:0:0:1:0",
                "[2001:db8::1]:4711                 | 2001:db8:0:0:0:0:0:1:4711",
                "::ffff:192.0.2.1                   | 192.0.2.1:0",
                "9.9.9.9, 192.0.2.1                 | 192.0.2.1:0",
                "9.9.9.9,192.0.2.1 ,10.1.1.1        | 192.0.2.1:0",
                "9.9.9.9 ++ 192.0.2.1 ++ 10.1.1.1   | 192.0.2.1:0",
                "rubbish, 192.0.2.1                 | 192.0.2.1:0",
                "10.1.1.2, 10.1.1.1                 | 10.1.1.2:0",
                "192.0.2.1, rubbish                 | peer",
                "192.0.2.1, unknown                 | peer",
                "192.0.2.1,                         | peer",
                "192.0.2.1 9.9.9.9                  | peer",
                "for=192.0.2.1                      | peer",
                "'\"192.0.2.1\"'                    | peer",
            })
    void xForwardedFor(String header, String client) {
        assertThat(client(TRUSTED.byXForwardedFor(), "x-forwarded-for", header)).isEqualTo(client);
    }

    private static String client(TrustedProxies proxies, String name, String lines) {
        HttpHeaders headers = new DefaultHttpHeaders();
        Arrays.stream(lines.split("\\+\\+")).forEach(line -> headers.add(name, line.strip()));
        Forwarded.Element element = proxies.reportedBy(PROXY, headers);
        InetSocketAddress client = element == null ? null : element.client();
        return client == null ? "peer" : client.getAddress().getHostAddress() + ":" + client.getPort();
    }

    @Test
    void headersOfUntrustedPeersAreIgnored() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("forwarded", "for=192.0.2.1;proto=https")
                .add("x-forwarded-for", "192.0.2.2")
                .add("x-forwarded-proto", "https");
        assertThat(TrustedProxies.NONE.reportedBy(PROXY, headers)).isNull();
        assertThat(TRUSTED.reportedBy(PROXY, headers))
                .as("no proxy is configured")
                .isNull();
        for (String stranger : new String[] {"11.0.0.1", "2001:db8::1", "172.16.0.2", "127.0.0.1"}) {
            InetSocketAddress peer = new InetSocketAddress(stranger, 1);
            assertThat(TRUSTED.byForwarded().reportedBy(peer, headers))
                    .as(stranger)
                    .isNull();
            assertThat(TRUSTED.byXForwardedFor().reportedBy(peer, headers))
                    .as(stranger)
                    .isNull();
            assertThat(TRUSTED.byProxyProtocol().expectsProxyHeader(peer))
                    .as(stranger)
                    .isFalse();
        }
        assertThat(TRUSTED.byForwarded().reportedBy(PROXY, headers).client().getHostString())
                .isEqualTo("192.0.2.1");
        assertThat(TRUSTED.byXForwardedFor().reportedBy(PROXY, headers).client().getHostString())
                .isEqualTo("192.0.2.2");
        assertThat(TRUSTED.byProxyProtocol().expectsProxyHeader(PROXY)).isTrue();
        assertThat(TRUSTED.byForwarded().expectsProxyHeader(PROXY)).isFalse();
    }

    /** Over HTTP/2 the requests of a proxy's connection may come from different clients. */
    @ParameterizedTest
    @EnumSource(ClientProtocol.class)
    void eachRequestOfAConnectionHasItsOwnClient(ClientProtocol protocol) throws IOException {
        Set<String> asked = ConcurrentHashMap.newKeySet();
        Authenticator seen = request -> {
            asked.add(request.remoteAddress() + " " + request.scheme());
            return CompletableFuture.completedFuture(Identity.UNKNOWN);
        };
        try (SseServer server = protocol.on(Transport.AUTO)
                        .trustedProxies(TrustedProxies.of("127.0.0.1").byXForwardedFor())
                        .maxStreamsPerAddress(1)
                        .authenticator(seen.orAnonymous())
                        .start();
                StreamClient one = protocol.open(
                        server, "/events/a", "X-Forwarded-For: 192.0.2.1:4711", "X-Forwarded-Proto: https");
                StreamClient two = protocol.openBeside(one, server, "/events/a", "X-Forwarded-For: 192.0.2.2:4712");
                StreamClient direct = protocol.openBeside(one, server, "/events/a")) {
            assertThat(TestServers.sinks(server.hub()))
                    .extracting(info -> info.sink().remoteAddress())
                    .contains("192.0.2.1:4711", "192.0.2.2:4712")
                    .filteredOn(address -> address.startsWith("127.0.0.1:"))
                    .hasSize(1);
            assertThat(asked).contains("/192.0.2.1:4711 https");
            try (StreamClient again = protocol.get(server, "/events/a", "X-Forwarded-For: 192.0.2.1:4713")) {
                again.awaitHead();
                assertThat(again.stream().status())
                        .as("the limit of the client")
                        .isEqualTo(429);
            }
            server.hub().publish("a", Event.of("hello"));
            for (StreamClient client : new StreamClient[] {one, two, direct}) {
                client.awaitEvents(1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ClientProtocol.class)
    void aPeerThatIsNoProxyCannotNameAnotherClient(ClientProtocol protocol) throws IOException {
        try (SseServer server = protocol.on(Transport.AUTO)
                        .trustedProxies(TRUSTED.byXForwardedFor())
                        .start();
                StreamClient client = protocol.open(server, "/events/a", "X-Forwarded-For: 192.0.2.1:4711")) {
            assertThat(client.stream().status()).isEqualTo(200);
            assertThat(TestServers.sinks(server.hub()))
                    .singleElement()
                    .satisfies(info -> assertThat(info.sink().remoteAddress()).startsWith("127.0.0.1:"));
        }
    }

    @Test
    void theSchemeIsTheOneThatTheClientUsed() {
        assertThat(scheme(TRUSTED.byForwarded(), "forwarded", "for=192.0.2.1;proto=https, for=10.1.1.1;proto=http"))
                .isEqualTo("https");
        assertThat(scheme(TRUSTED.byForwarded(), "forwarded", "for=192.0.2.1;proto=gopher"))
                .isNull();
        assertThat(scheme(TRUSTED.byXForwardedFor(), "x-forwarded-proto", "http, HTTPS"))
                .isEqualTo("https");
        assertThat(scheme(TRUSTED.byXForwardedFor(), "x-forwarded-proto", "ws")).isNull();
    }

    private static String scheme(TrustedProxies proxies, String name, String line) {
        return proxies.reportedBy(PROXY, new DefaultHttpHeaders().add(name, line))
                .scheme();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10.0.0.0/8/8",
                "::1/129",
                "fe80::1%lo",
                "10.0.0"
            })
    void anInvalidNetworkIsRejected(String network) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrustedProxies.of(network))
                .withMessage("trustedProxies: \"" + network
                        + "\" (expected: an address, or a network such as 10.0.0.0/8 or 2001:db8::/32)");
    }

    @Test
    void trustedProxiesNeedAHeaderAndANetwork() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SseServer.builder().trustedProxies(TRUSTED))
                .withMessageStartingWith("trustedProxies: networks only (expected: ");
        assertThatIllegalArgumentException()
                .isThrownBy(TrustedProxies::of)
                .withMessage("trustedProxies: none (expected: at least one network)");
    }
}
