package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Identity;
import io.sluice.sse.Ledger;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An authenticator that blocks does not outlive its request. */
@Timeout(120)
class BlockingAuthenticatorTest {

    /** What has happened to the calls of the authenticator. */
    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();

    private Identity wait(SseRequest request) throws InterruptedException {
        calls.add("began");
        try {
            TimeUnit.HOURS.sleep(1);
            return Identity.of("ann");
        } catch (InterruptedException e) {
            calls.add("interrupted");
            throw e;
        }
    }

    private SseServerBuilder server(Transport transport, Authenticator authenticator) {
        return TestServers.on(transport)
                .authenticator(authenticator)
                .streams("/events/**", StreamRoute.topics())
                .route("GET", "/me", request -> RouteResponse.empty(204).completed());
    }

    private String nextCall() throws InterruptedException {
        return String.valueOf(calls.poll(30, TimeUnit.SECONDS));
    }

    @OverEachTransport
    void aCallIsCountedAndInterruptedWhenItsClientLeaves(Transport transport) throws Exception {
        try (SseServer server =
                server(transport, Authenticator.blocking(this::wait)).start()) {
            Ledger ledger = server.hub().ledger();
            for (String target : new String[] {"/events/a", "/me"}) {
                RawClient client = RawClient.connect(server.port()).get(target);
                assertThat(nextCall()).isEqualTo("began");
                assertThat(ledger.count(Ledger.Kind.USER_CODE)).isEqualTo(1);
                client.close();
                assertThat(nextCall()).isEqualTo("interrupted");
                await().untilAsserted(() -> assertThat(ledger.isZero()).isTrue());
            }
            TestServers.awaitNothingScheduled(server);
        }
    }

    /** The stage of the authenticator is not the one that the server waits for. */
    @Test
    void aCallOfADerivedAuthenticatorIsInterruptedAfterTheDecisionTimeout() throws Exception {
        Authenticator derived = Authenticator.bearer(token -> null)
                .or(Authenticator.blocking(this::wait))
                .limitingFailures(new Rate(1, Duration.ofHours(1)))
                .orAnonymous();
        try (SseServer server = server(Transport.NIO, derived)
                        .decisionTimeout(Duration.ofMillis(50))
                        .start();
                RawClient client = RawClient.connect(server.port()).get("/me")) {
            assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().status()).isEqualTo(503);
            assertThat(nextCall()).isEqualTo("began");
            assertThat(nextCall()).isEqualTo("interrupted");
            await().until(() -> server.hub().ledger().count(Ledger.Kind.USER_CODE) == 0);
        }
    }

    @Test
    void aCallIsInterruptedWhenTheServerCloses() throws Exception {
        try (SseServer server = server(Transport.NIO, Authenticator.blocking(this::wait))
                        .start();
                RawClient ignored = RawClient.connect(server.port()).get("/me")) {
            assertThat(nextCall()).isEqualTo("began");
            server.close(Duration.ofMillis(10)).toCompletableFuture().join();
            assertThat(nextCall()).isEqualTo("interrupted");
            await().untilAsserted(
                            () -> assertThat(server.hub().ledger().isZero()).isTrue());
        }
    }
}
