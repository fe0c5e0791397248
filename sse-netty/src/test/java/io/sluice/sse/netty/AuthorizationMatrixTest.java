package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Each client gets exactly the topics that the rules allow to it, whatever the way by which a topic is named. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorizationMatrixTest {

    private enum Client {
        ANONYMOUS,
        ANN,
        BOB,
        EXPIRED,
        REVOKED;

        /** The user of its token. */
        String user() {
            return this == BOB ? "bob" : this == REVOKED ? "mallory" : this == EXPIRED ? "late" : "ann";
        }

        String[] headers() {
            return this == ANONYMOUS ? new String[0] : new String[] {"Authorization: Bearer " + user()};
        }

        boolean isRejected() {
            return this == EXPIRED || this == REVOKED;
        }
    }

    private enum Way {
        PATH,
        QUERY,
        BODY,
        PATTERN,
        REPLAY,
        SUBSCRIBE_LATER,
        TICKET
    }

    private enum Owner {
        OWN,
        FOREIGN,
        PUBLIC;

        String parent(Client client) {
            String other = client.user().equals("bob") ? "ann" : "bob";
            return this == PUBLIC ? "public" : "users/" + (this == OWN ? client.user() : other);
        }
    }

    private static final AccessRules RULES = AccessRules.builder()
            .allow("public/**")
            .allow("users/{principal}/**")
            .allowPublish("public/**")
            .allowPublish("users/{principal}/**")
            .build();

    private final Set<String> revoked = ConcurrentHashMap.newKeySet();
    private final Map<String, Identity> tickets = new ConcurrentHashMap<>();
    private final AtomicInteger published = new AtomicInteger();
    private SseServer server = unstarted();

    @SuppressWarnings("NullAway") // set before the first test
    private static SseServer unstarted() {
        return null;
    }

    @BeforeAll
    void start() throws IOException {
        Authenticator byTicket = request -> {
            String ticket = request.query("ticket");
            Identity identity = ticket == null ? Identity.UNKNOWN : tickets.remove(ticket);
            return identity == null
                    ? CompletableFuture.failedStage(HttpStatusException.of(401, "the ticket was used"))
                    : CompletableFuture.completedStage(identity);
        };
        server = TestServers.on(Transport.NIO)
                .authenticator(byTicket.or(Authenticator.bearer(this::identity)).orAnonymous())
                .access(RULES)
                .streams("/events/**", StreamRoute.anyTopics())
                .streams("/listen", AuthorizationMatrixTest::topicsOfBody, "POST")
                .route("POST", "/publish", request -> {
                    for (String topic : request.bodyText().split(" ")) {
                        request.topicToPublish(topic);
                    }
                    return RouteResponse.empty(204).completed();
                })
                .route("POST", "/ticket", request -> {
                    String ticket = "t" + tickets.size() + published.incrementAndGet();
                    tickets.put(ticket, request.identity());
                    return RouteResponse.of(200, "text/plain", ticket).completed();
                })
                .start();
        try (RawClient client = RawClient.open(server.port(), "/events/public/x", Client.REVOKED.headers())) {
            revoked.add(Client.REVOKED.user());
            assertThat(server.hub()
                            .revoke(Client.REVOKED.user())
                            .toCompletableFuture()
                            .join())
                    .isEqualTo(1);
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
        }
        assertThat(server.hub().stats().closed()).containsEntry(CloseReason.REVOKED, 1L);
    }

    @AfterAll
    void stop() {
        server.close();
        assertThat(server.hub().ledger().isZero()).isTrue();
    }

    private static SseStream topicsOfBody(SseRequest request) {
        return SseStream.of(request.selector(request.bodyText().split(" ")), StartPosition.live());
    }

    /** Not at once, as after a look-up. */
    private CompletionStage<Identity> identity(String token) {
        return CompletableFuture.supplyAsync(() -> {
            if (revoked.contains(token)) {
                return Identity.UNKNOWN;
            }
            Identity identity = Identity.of(token);
            return token.equals("late") ? identity.until(Instant.EPOCH) : identity.until(Instant.MAX);
        });
    }

    @TestFactory
    Stream<DynamicTest> matrix() {
        return Stream.of(Client.values())
                .flatMap(client -> Stream.of(Way.values())
                        .flatMap(way -> Stream.of(Owner.values())
                                .map(owner -> DynamicTest.dynamicTest(
                                        client + " " + way + " " + owner, () -> check(client, way, owner)))));
    }

    private static int expected(Client client, Owner owner) {
        if (client.isRejected()) {
            return 401; // wrong credentials, even where none are needed
        }
        if (owner == Owner.PUBLIC) {
            return 200;
        }
        if (client == Client.ANONYMOUS) {
            return 401; // a known client could get it
        }
        return owner == Owner.OWN ? 200 : 403;
    }

    private void check(Client client, Way way, Owner owner) throws Exception {
        int expected = expected(client, owner);
        String topic = owner.parent(client) + "/x";
        String data = "event " + published.incrementAndGet();
        switch (way) {
            case PATH -> stream(client, "/events/" + topic, topic, expected, data);
            case QUERY -> {
                stream(client, "/events?topic=" + topic, topic, expected, data);
                stream(client, "/events/public/y?topic=" + topic, topic, expected, data);
            }
            case BODY -> {
                assertThat(statusOfPublish(client, topic)).isEqualTo(expected == 200 ? 204 : expected);
                assertThat(statusOfPublish(client, "public/y " + topic)).isEqualTo(expected == 200 ? 204 : expected);
                streamOfBody(client, topic, topic, expected, data);
                streamOfBody(client, "public/y " + topic, topic, expected, data);
            }
            case PATTERN -> {
                stream(client, "/events/" + owner.parent(client) + "/**", topic, expected, data);
                stream(client, "/events/" + owner.parent(client) + "/*", topic, expected, data);
                if (owner != Owner.PUBLIC) {
                    // No client can have the first one. The second one looks as if ann could.
                    stream(client, "/events/users/**", topic, client.isRejected() ? 401 : 403, data);
                    stream(client, "/events/users/*/x", topic, expected == 401 ? 401 : 403, data);
                }
            }
            case REPLAY -> replay(client, topic, expected, data);
            case SUBSCRIBE_LATER -> subscribeLater(client, topic, expected, data);
            case TICKET -> ticket(client, topic, expected, data);
        }
    }

    private void publish(String topic, String data) {
        server.hub().publish(topic, Event.of(data)).toCompletableFuture().join();
    }

    private void stream(Client client, String target, String topic, int expected, String data) throws IOException {
        try (RawClient stream = RawClient.connect(server.port()).get(target, client.headers())) {
            checkStream(stream, target, topic, expected, data);
        }
    }

    /** @param body the topics of the stream */
    private void streamOfBody(Client client, String body, String topic, int expected, String data) throws IOException {
        try (RawClient stream = post(client, "/listen", body)) {
            checkStream(stream, body, topic, expected, data);
        }
    }

    private void checkStream(RawClient stream, String request, String topic, int expected, String data)
            throws IOException {
        stream.awaitHead();
        assertThat(stream.stream().status()).as(request).isEqualTo(expected);
        if (expected == 200) {
            stream.awaitStream();
            publish(topic, data);
            stream.awaitEvents(1);
            assertThat(stream.stream().data()).containsExactly(data);
        }
    }

    private int statusOfPublish(Client client, String topics) throws IOException {
        return respond(client, "/publish", topics).status();
    }

    private RawStream respond(Client client, String target, String body) throws IOException {
        try (RawClient request = post(client, target, body)) {
            assertThat(request.awaitResponse(RawClient.PATIENCE)).isTrue();
            return request.stream();
        }
    }

    private RawClient post(Client client, String target, String body) throws IOException {
        String headers = client == Client.ANONYMOUS ? "" : client.headers()[0] + "\r\n";
        return RawClient.connect(server.port())
                .send("POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: "
                        + body.length() + "\r\n\r\n" + body);
    }

    private void replay(Client client, String topic, int expected, String data) throws IOException {
        String before = server.hub().headId();
        publish(topic, data);
        for (String query : List.of("?replay=1", "?since=2020-01-01T00:00:00Z", "?lastEventId=" + before)) {
            try (RawClient stream =
                    RawClient.connect(server.port()).get("/events/" + topic + query, client.headers())) {
                stream.awaitHead();
                assertThat(stream.stream().status()).as(query).isEqualTo(expected);
                if (expected == 200) {
                    stream.await(() -> stream.stream().data().contains(data), data);
                } else {
                    assertThat(stream.awaitResponse(RawClient.PATIENCE)).isTrue();
                    assertThat(stream.stream().body()).doesNotContain(data);
                }
            }
        }
    }

    private void subscribeLater(Client client, String topic, int expected, String data) throws Exception {
        if (client.isRejected()) {
            stream(client, "/events/public/y", "public/y", 401, data);
            return;
        }
        try (RawClient stream = RawClient.open(server.port(), "/events/public/y", client.headers())) {
            HubSink sink = server.hub().sinks(null, 100).toCompletableFuture().join().stream()
                    .map(info -> info.sink())
                    .reduce((first, last) -> last)
                    .orElseThrow();
            CompletableFuture<Subscription> begun =
                    sink.subscribe(Selector.of(topic)).toCompletableFuture();
            assertThat(failureOf(begun)).isEqualTo(expected == 200 ? null : SecurityException.class);
            publish(topic, data);
            publish("public/y", "last");
            stream.await(() -> stream.stream().data().contains("last"), "last");
            assertThat(stream.stream().data().contains(data)).isEqualTo(expected == 200);
        }
    }

    private static @Nullable Class<?> failureOf(CompletableFuture<?> stage) {
        try {
            stage.join();
            return null;
        } catch (CompletionException e) {
            return e.getCause().getClass();
        }
    }

    private void ticket(Client client, String topic, int expected, String data) throws IOException {
        RawStream issued = respond(client, "/ticket", "");
        assertThat(issued.status()).isEqualTo(client.isRejected() ? 401 : 200);
        if (client.isRejected()) {
            return;
        }
        String target = "/events/" + topic + "?ticket=" + issued.body();
        stream(Client.ANONYMOUS, target, topic, expected, data);
        stream(Client.ANONYMOUS, target, topic, 401, data); // it was used
    }

    @Test
    void rulesNeedNoAuthenticator() throws Exception {
        try (SseServer plain = TestServers.on(Transport.NIO).access(RULES).start();
                RawClient open = RawClient.open(plain.port(), "/events/public/x");
                RawClient forbidden = RawClient.connect(plain.port()).get("/events/users/ann/x")) {
            forbidden.awaitHead();
            assertThat(forbidden.stream().status())
                    .as("nobody can authenticate here")
                    .isEqualTo(403);
            plain.close(Duration.ZERO);
            assertThat(open.awaitEnd(RawClient.PATIENCE)).isTrue();
        }
    }
}
