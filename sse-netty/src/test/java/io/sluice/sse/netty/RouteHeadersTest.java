package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Hub;
import org.junit.jupiter.api.Timeout;

/** The headers that a route adds to its stream, over each protocol. {@link PipelineHeadersTest} is about handlers. */
@Timeout(120)
class RouteHeadersTest {

    private static SseStream withHeaders(SseRequest request, SseStream stream) {
        return stream.header("Mcp-Session-Id", "7")
                .header("Set-Cookie", "a=1")
                .header("set-cookie", "b=2; HttpOnly")
                .header("X-Empty", "");
    }

    @OverEachProtocol
    void theyAreInTheHeadOfTheStream(Transport transport, ClientProtocol protocol) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams("/with/**", StreamRoute.topics().with(RouteHeadersTest::withHeaders))
                        .streams(
                                "/bad/**",
                                StreamRoute.topics().with((request, stream) -> stream.header("x-user", "caf\u00e9")))
                        .start()) {
            try (StreamClient client = protocol.open(server, "/with/a")) {
                assertHeaders(client, protocol);
            }
            try (StreamClient client = protocol.request(server, "HEAD", "/with/a")) {
                assertHeaders(client.awaitHead(), protocol);
            }
            try (StreamClient client = protocol.get(server, "/bad/a")) {
                client.awaitHead();
                assertThat(client.stream().status()).isEqualTo(500);
                assertThat(client.stream().rawHead()).doesNotContain("x-user", "caf");
            }
            TestServers.awaitNothingOwned(hub);
            assertThat(hub.stats().opened()).isEqualTo(1);
        }
    }

    /** HTTP/2 has names in lower case only (RFC 9113, section 8.2.1). */
    private static void assertHeaders(StreamClient client, ClientProtocol protocol) {
        boolean lower = protocol.isHttp2();
        assertThat(client.stream().rawHead().split("\r\n"))
                .contains(
                        lower ? "mcp-session-id: 7" : "Mcp-Session-Id: 7",
                        lower ? "set-cookie: a=1" : "Set-Cookie: a=1",
                        "set-cookie: b=2; HttpOnly",
                        lower ? "x-empty: " : "X-Empty: ",
                        "content-type: text/event-stream");
    }
}
