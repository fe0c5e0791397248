package io.sluice.sse.netty;

import static io.sluice.sse.netty.TokenClients.BY_TOKEN;
import static io.sluice.sse.netty.TokenClients.TOKEN;
import static io.sluice.sse.netty.TokenClients.respond;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The number of streams and the rate of requests of one principal are limited. */
@Timeout(120)
class PrincipalLimitsTest {

    private static SseServerBuilder on(SseServerBuilder server, Authenticator authenticator) {
        return server.authenticator(authenticator).streams("/events/**", StreamRoute.topics());
    }

    @OverEachProtocol
    void streamsOfOnePrincipalAreLimited(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = on(protocol.on(transport), BY_TOKEN)
                        .maxStreamsPerPrincipal(1, StreamLimits.AtLimit.REJECT)
                        .start();
                StreamClient ann = protocol.open(server, "/events/a", TOKEN + "good-ann");
                StreamClient bob = protocol.open(server, "/events/a", TOKEN + "good-bob")) {
            assertThat(respond(protocol, server, "GET", "/events/a", TOKEN + "good-ann")
                            .status())
                    .isEqualTo(429);
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.STREAMS_PER_PRINCIPAL))
                    .isEqualTo(1);
            ann.close();
            await().untilAsserted(() ->
                    assertThat(server.streams().permits().entries()).isEqualTo(1));
            protocol.open(server, "/events/a", TOKEN + "good-ann").close();
            bob.close();
            await().untilAsserted(() ->
                    assertThat(server.streams().permits().entries()).isZero());
        }
    }

    @OverEachProtocol
    void theOldestStreamOfAPrincipalEndsForGood(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = on(protocol.on(transport), BY_TOKEN)
                        .maxStreamsPerPrincipal(2, StreamLimits.AtLimit.END_OLDEST)
                        .start();
                StreamClient one = protocol.open(server, "/events/a", TOKEN + "good-ann");
                StreamClient two = protocol.open(server, "/events/a", TOKEN + "good-ann");
                StreamClient bob = protocol.open(server, "/events/a", TOKEN + "good-bob");
                StreamClient three = protocol.open(server, "/events/a", TOKEN + "good-ann")) {
            assertThat(one.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(one.stream().events).hasSize(1).element(0).satisfies(end -> {
                assertThat(end.type()).isEqualTo("end");
                assertThat(end.data()).isEqualTo("{\"reason\":\"replaced\"}");
            });
            RawStream again = respond(
                    protocol,
                    server,
                    "GET",
                    "/events/a",
                    TOKEN + "good-ann",
                    "Last-Event-ID: " + one.stream().lastEventId());
            assertThat(again.status()).as("the client must stay away").isEqualTo(204);
            server.hub().publish("a", Event.of("1"));
            for (StreamClient open : List.of(two, three, bob)) {
                open.awaitEvents(1);
            }
            assertThat(server.streams().permits().acquired()).isEqualTo(3);
        }
    }

    /** The oldest stream gives way to one that opens, and not to a request that is rejected. */
    @Test
    void aRejectedRequestReplacesNoStream() throws Exception {
        try (Hub hub = Hub.builder().maxTopics(1).build();
                SseServer server = on(TestServers.on(Transport.NIO), BY_TOKEN)
                        .hub(hub)
                        .maxStreamsPerPrincipal(1, StreamLimits.AtLimit.END_OLDEST)
                        .start();
                RawClient one = RawClient.open(server.port(), "/events/a", TOKEN + "good-ann")) {
            for (int i = 0; i < 5; i++) {
                RawStream rejected = respond(server, "GET", "/events/b", TOKEN + "good-ann");
                assertThat(rejected.status()).as(rejected.body()).isEqualTo(503);
            }
            hub.publish("a", Event.of("1"));
            one.awaitEvents(1);
            assertThat(one.stream().data()).containsExactly("1");
            assertThat(server.streams().permits().acquired()).isEqualTo(1);
        }
    }

    @Test
    void theRateOfOnePrincipalIsLimited() throws Exception {
        HttpRoute limited = ((HttpRoute)
                        request -> RouteResponse.of(200, "text/plain", "x").completed())
                .limitedToPrincipal(new Rate(1, Duration.ofHours(2)));
        try (SseServer server = on(TestServers.on(Transport.NIO), BY_TOKEN.orAnonymous())
                .route("POST", "/limited", limited)
                .start()) {
            assertThat(respond(server, "POST", "/limited", TOKEN + "good-ann").status())
                    .isEqualTo(200);
            RawStream second = respond(server, "POST", "/limited", TOKEN + "good-ann");
            assertThat(second.status()).isEqualTo(429);
            assertThat(second.header("retry-after")).isNotNull();
            assertThat(respond(server, "POST", "/limited", TOKEN + "good-bob").status())
                    .isEqualTo(200);
            for (int i = 0; i < 3; i++) {
                assertThat(respond(server, "POST", "/limited").status()).isEqualTo(200);
            }
        }
    }
}
