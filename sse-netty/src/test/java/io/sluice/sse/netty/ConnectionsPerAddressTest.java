package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.RejectionCounts;
import java.io.IOException;

/** One address cannot keep other clients out. Its connections are limited, whether they are streams or not. */
class ConnectionsPerAddressTest {

    @OverEachTransport
    void aboveTheMaximumTheNewestOfAnAddressIsClosed(Transport transport) throws IOException {
        try (SseServer server =
                TestServers.on(transport).maxConnectionsPerAddress(2).start()) {
            RawClient one = RawClient.open(server.port(), "/events/a");
            try (RawClient two = RawClient.connect(server.port())) {
                two.get("/nothing").awaitHead();
                try (RawClient three = RawClient.connect(server.port())) {
                    assertThat(three.awaitEnd(RawClient.PATIENCE)).isTrue();
                    assertThat(three.stream().hasHead()).isFalse();
                }
                assertThat(server.hub().rejections().count(RejectionCounts.Kind.CONNECTIONS_PER_ADDRESS))
                        .isOne();
                one.close();
                await().untilAsserted(
                                () -> assertThat(server.hub().subscribers("a")).isZero());
                try (RawClient next = RawClient.open(server.port(), "/events/a")) {
                    assertThat(next.stream().status()).isEqualTo(200);
                }
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @OverEachTransport
    void trustedProxiesAreExempt(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                        .maxConnectionsPerAddress(1)
                        .trustedProxies(TrustedProxies.of("127.0.0.0/8").byXForwardedFor())
                        .start();
                RawClient one = RawClient.open(server.port(), "/events/a");
                RawClient two = RawClient.open(server.port(), "/events/a")) {
            assertThat(one.stream().status()).isEqualTo(200);
            assertThat(two.stream().status()).isEqualTo(200);
        }
        assertThatThrownBy(() -> SseServer.builder().maxConnectionsPerAddress(0))
                .hasMessageStartingWith("maxConnectionsPerAddress: 0 (expected: ");
    }
}
