package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.AccessTokens.bearer;
import static io.sluice.sse.examples.server.AccessTokens.claims;
import static io.sluice.sse.examples.server.AccessTokens.secretFile;
import static io.sluice.sse.examples.server.AccessTokens.signed;
import static io.sluice.sse.examples.server.AccessTokens.status;
import static io.sluice.sse.examples.server.AccessTokens.ticket;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Identity;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpStatusException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the contract for tickets: an EventSource presents one in its URL. */
@Timeout(120)
class TicketContractTest {

    @TempDir
    Path folder;

    @Test
    void aTicketOpensOneStreamOfExactlyItsTopics() throws Exception {
        try (TestServer server =
                TestServer.start("--jwt-key", secretFile(folder).toString())) {
            String[] ann = bearer(signed(claims("ann").build()));
            assertThat(server.post("/ticket?topic=public/1", "").statusCode()).isEqualTo(401);
            assertThat(server.post("/ticket?topic=users/bob", "", ann).statusCode())
                    .isEqualTo(403);
            assertThat(server.post("/ticket?topic=users/**", "", ann).statusCode())
                    .isEqualTo(403);
            assertThat(server.post("/ticket", "", ann).statusCode()).isEqualTo(400);
            assertThat(server.post("/ticket?topic=a//b", "", ann).statusCode()).isEqualTo(400);

            String ticket = ticket(server, "?topic=users/ann/inbox&topic=public/1", ann);
            assertThat(status(server, "/events/users/ann/other?ticket=" + ticket))
                    .isEqualTo(403);
            assertThat(status(server, "/events/public/**?ticket=" + ticket)).isEqualTo(403);
            assertThat(server.post("/publish/users/ann?ticket=" + ticket, "x").statusCode())
                    .isEqualTo(401);
            assertThat(server.post("/ticket?topic=public/1&ticket=" + ticket, "")
                            .statusCode())
                    .isEqualTo(401);
            try (RawStream stream = server.stream("/events/users/ann/inbox?topic=public/1&ticket=" + ticket)) {
                stream.firstBlock();
                assertThat(server.json("/admin/connections").findValuesAsText("principal"))
                        .containsExactly("ann");
                assertThat(status(server, "/events/public/1?ticket=" + ticket)).isEqualTo(401);
            }
        }
    }

    @Test
    void aTicketOpensOneStreamByAnyMethod() throws Exception {
        try (TestServer server = TestServer.start()) {
            String ticket = ticket(server, "?topic=a");
            byte[] body = "{\"topics\":[\"a\"]}".getBytes(StandardCharsets.UTF_8);
            try (RawStream stream = RawStream.send(
                    server.port(),
                    "POST /events?ticket=" + ticket + " HTTP/1.1",
                    "Host: localhost",
                    "Content-Type: application/json",
                    "Content-Length: " + body.length,
                    "",
                    new String(body, StandardCharsets.UTF_8))) {
                stream.firstBlock();
                assertThat(status(server, "/events/a?ticket=" + ticket)).isEqualTo(401);
                for (String method : List.of("POST", "QUERY")) {
                    assertThat(server.send(method, "/events?ticket=" + ticket, body, "Content-Type", "application/json")
                                    .statusCode())
                            .as(method)
                            .isEqualTo(401);
                }
            }
        }
    }

    @Test
    void aTicketEndsWithTheAccessOfItsPrincipal() throws Exception {
        try (TestServer server =
                TestServer.start("--jwt-key", secretFile(folder).toString())) {
            String ann = ticket(
                    server, "?topic=public/1", bearer(signed(claims("ann").build())));
            String bob = ticket(
                    server, "?topic=public/1", bearer(signed(claims("bob").build())));
            assertThat(server.send("DELETE", "/admin/principals/ann", new byte[0])
                            .statusCode())
                    .isEqualTo(204);
            assertThat(status(server, "/events/public/1?ticket=" + ann)).isEqualTo(401);
            assertThat(status(server, "/events/public/1?ticket=" + bob)).isEqualTo(200);
        }
    }

    /** The hub is all that another node reaches: its revocation comes through the backplane. */
    @Test
    void aTicketEndsWithARevocationOfAnotherNode() throws Exception {
        try (TestServer server =
                TestServer.start("--jwt-key", secretFile(folder).toString())) {
            String before = ticket(
                    server, "?topic=public/1", bearer(signed(claims("ann").build())));
            server.hub().revoke("ann").toCompletableFuture().join();
            assertThat(status(server, "/events/public/1?ticket=" + before)).isEqualTo(401);
            String after = ticket(
                    server, "?topic=public/1", bearer(signed(claims("ann").build())));
            assertThat(status(server, "/events/public/1?ticket=" + after)).isEqualTo(200);
        }
    }

    @Test
    void oneUserCannotUseUpTheTicketsOfAll() {
        AtomicLong nanos = new AtomicLong();
        try (Hub hub = Hub.create()) {
            Tickets tickets = new Tickets(nanos::get, hub);
            for (int i = 0; i < Tickets.MAX_OF_PRINCIPAL; i++) {
                assertThat(tickets.use(tickets.issue(Identity.of("ann")))).isTrue();
            }
            assertThatThrownBy(() -> tickets.issue(Identity.of("ann")))
                    .isInstanceOfSatisfying(
                            HttpStatusException.class,
                            full -> assertThat(full.status()).isEqualTo(429));
            assertThat(tickets.issue(Identity.of("bob"))).isNotEmpty();
            nanos.addAndGet(Tickets.LIFETIME.toNanos());
            assertThat(tickets.issue(Identity.of("ann"))).isNotEmpty();
        }
    }

    @Test
    void aTicketSurvivesALimit() throws Exception {
        try (TestServer server = TestServer.start("--max-connections-per-ip", "1")) {
            String ticket = ticket(server, "?topic=a");
            try (RawStream other = server.stream("/events/b")) {
                other.firstBlock();
                assertThat(status(server, "/events/a?ticket=" + ticket)).isEqualTo(429);
            }
            awaitNoStream(server);
            assertThat(status(server, "/events/b?ticket=" + ticket))
                    .as("an open server")
                    .isEqualTo(403);
            assertThat(status(server, "/events/a?ticket=" + ticket)).isEqualTo(200);
            awaitNoStream(server);
            assertThat(status(server, "/events/a?ticket=" + ticket)).isEqualTo(401);
        }
    }

    @Test
    void aRejectedRequestDoesNotUseUpATicket() throws Exception {
        try (TestServer server = TestServer.start()) {
            String ticket = ticket(server, "?topic=a");
            HttpResponse<String> foreign = server.get(
                    "/events/a?ticket=" + ticket, "Sec-Fetch-Site", "cross-site", "Origin", "https://b.example");
            assertThat(foreign.statusCode()).isEqualTo(403);
            byte[] body = "{\"topics\":[\"a\"]}".getBytes(StandardCharsets.UTF_8);
            String target = "/events?ticket=" + ticket;
            assertThat(server.send("POST", target, body, "Accept", "application/json")
                            .statusCode())
                    .isEqualTo(406);
            assertThat(server.send("HEAD", "/events/a?ticket=" + ticket, new byte[0])
                            .statusCode())
                    .isEqualTo(200);
            assertThat(status(server, "/events/a?ticket=" + ticket)).isEqualTo(200);
        }
    }

    @Test
    void wrongTicketsOfAForeignPageDoNotCount() throws Exception {
        try (TestServer server = TestServer.start("--subscribe-token", "secret", "--wrong-token-rate", "1/h")) {
            for (int i = 0; i < 5; i++) {
                assertThat(server.get("/events/a?ticket=wrong", "Sec-Fetch-Site", "cross-site")
                                .statusCode())
                        .isEqualTo(403);
                assertThat(server.send("POST", "/events/a?ticket=wrong", new byte[0], "Sec-Fetch-Site", "cross-site")
                                .statusCode())
                        .as("a method that the path does not have")
                        .isEqualTo(405);
            }
            assertThat(ticket(server, "?topic=a", bearer("secret"))).isNotEmpty();
            assertThat(status(server, "/events/a?ticket=wrong")).isEqualTo(401);
            assertThat(status(server, "/events/a?ticket=wrong")).isEqualTo(429);
        }
    }

    private static void awaitNoStream(TestServer server) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(server.hub().ledger().count(Ledger.Kind.SINKS))
                        .isZero());
    }

    @Test
    void ticketsExpireAndAreBounded() {
        AtomicLong nanos = new AtomicLong();
        Hub hub = Hub.create();
        Tickets tickets = new Tickets(nanos::get, hub);
        String first = tickets.issue(Identity.of("ann"));
        assertThat(first).hasSize(32);
        nanos.addAndGet(Tickets.LIFETIME.toNanos() - 1);
        String second = tickets.issue(Identity.of("bob"));
        assertThat(tickets.find(first)).isEqualTo(Identity.of("ann"));
        nanos.incrementAndGet();
        assertThat(tickets.find(first)).isNull();
        assertThat(tickets.use(first)).isFalse();
        assertThat(tickets.use(second)).isTrue();
        assertThat(tickets.use(second)).isFalse();
        for (int i = 1; i < Tickets.MAX; i++) {
            tickets.issue(Identity.UNKNOWN);
        }
        assertThatThrownBy(() -> tickets.issue(Identity.UNKNOWN))
                .isInstanceOfSatisfying(HttpStatusException.class, full -> {
                    assertThat(full.status()).isEqualTo(503);
                    assertThat(full.isRetryable()).isTrue();
                });
        nanos.addAndGet(Tickets.LIFETIME.toNanos());
        assertThat(tickets.issue(Identity.UNKNOWN)).isNotEmpty();
        hub.close();
    }
}
