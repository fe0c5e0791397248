package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.RejectionCounts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** A request that can never succeed gets a permanent rejection, even if a limit would also reject it for now. */
@Timeout(120)
class PermanentRejectionTest {

    private static final List<String> NEVER = List.of(
            "/events/a%00",
            "/events/a//b",
            "/events",
            "/events/" + "x".repeat(256),
            "/events/a?replay=-1",
            "/events/a?since=soon",
            "/events/a?envelope=2",
            "/made/a//b");

    private final AtomicInteger asked = new AtomicInteger();

    private SseServerBuilder on(Transport transport) {
        return TestServers.on(transport)
                .streams("/events/**", StreamRoute.topics())
                .streams("/made/**", StreamRoute.topics().with((request, stream) -> {
                    asked.incrementAndGet();
                    return stream;
                }))
                .streams("/lambda/**", request -> {
                    asked.incrementAndGet();
                    throw HttpStatusException.of(401, "who is this?");
                })
                .streams("/for-now", new StreamRoute() {
                    @Override
                    public SseStream open(SseRequest request) {
                        return StreamRoute.topics().open(request);
                    }

                    @Override
                    public void check(SseRequest request) {
                        throw HttpStatusException.retryable(503, "not a word for good", Duration.ofSeconds(7));
                    }
                });
    }

    @OverEachTransport
    void aPermanentRejectionComesBeforeTheStreamLimit(Transport transport) throws Exception {
        try (SseServer server = on(transport).maxStreams(0).start()) {
            assertRejected(server, 503, RejectionCounts.Kind.STREAMS);
        }
    }

    @OverEachTransport
    void aPermanentRejectionComesBeforeTheLimitOfAnAddress(Transport transport) throws Exception {
        try (SseServer server = on(transport).maxStreamsPerAddress(1).start();
                RawClient there = RawClient.open(server.port(), "/events/a")) {
            assertRejected(server, 429, RejectionCounts.Kind.STREAMS_PER_ADDRESS);
            assertThat(there.stream().hasEnded()).isFalse();
        }
    }

    /**
     * The request costs a token as any other does. Without a token it is rejected too, but not counted as rejected
     * by the rate.
     */
    @OverEachTransport
    void aPermanentRejectionComesBeforeTheRate(Transport transport) throws Exception {
        try (SseServer server =
                on(transport).connectRate(new Rate(1, Duration.ofHours(2))).start()) {
            try (RawClient first = RawClient.connect(server.port()).get("/events/a//b")) {
                assertThat(first.awaitResponse(RawClient.PATIENCE)).isTrue();
                assertThat(first.stream().status()).isEqualTo(400);
            }
            assertRejected(server, 429, RejectionCounts.Kind.CONNECT_RATE);
        }
    }

    @OverEachTransport
    void aPermanentRejectionComesBeforeADrain(Transport transport) throws Exception {
        try (SseServer server = on(transport).start()) {
            server.streams().drain();
            assertRejected(server, 503, RejectionCounts.Kind.DRAINING);
        }
    }

    private void assertRejected(SseServer server, int status, RejectionCounts.Kind kind) throws IOException {
        for (String target : NEVER) {
            assertStatus(server, target, 400, 400);
        }
        assertThat(server.hub().rejections().count(kind)).isZero();
        assertStatus(server, "/events/a", status, 200);
        assertStatus(server, "/made/a", status, 200);
        assertStatus(server, "/lambda/a", status, 200);
        assertStatus(server, "/for-now", status, 200);
        assertThat(server.hub().rejections().count(kind)).isEqualTo(8);
        assertThat(asked).as("calls of the routes").hasValue(0);
    }

    private static void assertStatus(SseServer server, String target, int status, int ofBrowser) throws IOException {
        try (RawClient other = RawClient.connect(server.port()).get(target);
                RawClient browser = RawClient.connect(server.port()).get(target, RawClient.EVENT_SOURCE)) {
            assertThat(other.awaitEnd(RawClient.PATIENCE))
                    .as("%s closes", target)
                    .isTrue();
            assertThat(other.stream().status()).as(target).isEqualTo(status);
            assertThat(browser.awaitEnd(RawClient.PATIENCE))
                    .as("%s closes for a browser", target)
                    .isTrue();
            assertThat(browser.stream().status()).as(target).isEqualTo(ofBrowser);
        }
    }
}
