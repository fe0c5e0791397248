package io.sluice.sse.netty;

import static io.sluice.sse.netty.TokenClients.BY_TOKEN;
import static io.sluice.sse.netty.TokenClients.TOKEN;
import static io.sluice.sse.netty.TokenClients.request;
import static io.sluice.sse.netty.TokenClients.respond;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The authenticator and asynchronous routes decide on any thread, at any time, and leave nothing behind. */
@Timeout(120)
class AuthenticatorTest {

    /** The stages that an authenticator or route has returned, for the test to complete. */
    private final BlockingQueue<CompletableFuture<Identity>> asked = new LinkedBlockingQueue<>();

    private final AtomicInteger handled = new AtomicInteger();

    /** A request with a token waits until the test decides; all others are unknown. */
    private CompletionStage<Identity> later(SseRequest request) {
        if (request.bearer() == null) {
            return CompletableFuture.completedStage(Identity.UNKNOWN);
        }
        CompletableFuture<Identity> stage = new CompletableFuture<>();
        asked.add(stage);
        return stage;
    }

    private CompletableFuture<Identity> nextAsked() throws InterruptedException {
        return Objects.requireNonNull(asked.poll(30, TimeUnit.SECONDS), "the authenticator was not asked");
    }

    private SseServerBuilder on(Transport transport, Authenticator authenticator) {
        return on(TestServers.on(transport), authenticator);
    }

    private SseServerBuilder on(SseServerBuilder server, Authenticator authenticator) {
        return server.authenticator(authenticator)
                .streams("/events/**", StreamRoute.topics())
                .route("GET", "/me", this::me)
                .route("POST", "/me", this::me);
    }

    private CompletionStage<RouteResponse> me(SseRequest request) {
        handled.incrementAndGet();
        return RouteResponse.of(200, "text/plain", request.identity().principal() + " " + request.query("n"))
                .completed();
    }

    @OverEachProtocol
    void streamsAndRoutesGetTheIdentity(Transport transport, ClientProtocol protocol) throws Exception {
        try (SseServer server = on(protocol.on(transport), BY_TOKEN).start();
                StreamClient ann = protocol.open(server, "/events/a", TOKEN + "good-ann")) {
            assertThat(server.hub().clients("ann").toCompletableFuture().join()).hasSize(1);
            assertThat(respond(protocol, server, "GET", "/me?n=1", TOKEN + "good-bob")
                            .body())
                    .isEqualTo("bob 1");
            assertThat(respond(protocol, server, "HEAD", "/me", TOKEN + "good-bob")
                            .status())
                    .isEqualTo(200);
            assertThat(respond(protocol, server, "HEAD", "/events/a", TOKEN + "good-bob")
                            .status())
                    .isEqualTo(200);
            for (String method : List.of("GET", "HEAD", "POST")) {
                for (String target : method.equals("POST") ? List.of("/me") : List.of("/me", "/events/a")) {
                    RawStream missing = respond(protocol, server, method, target);
                    assertThat(missing.status()).as("%s %s", method, target).isEqualTo(401);
                    assertThat(missing.header("www-authenticate")).isEqualTo("Bearer");
                    RawStream wrong = respond(protocol, server, method, target, "authorization: bearer bad");
                    assertThat(wrong.status()).as("%s %s", method, target).isEqualTo(401);
                    assertThat(wrong.header("www-authenticate")).isEqualTo("Bearer error=\"invalid_token\"");
                }
            }
            assertThat(respond(protocol, server, "GET", "/me", TOKEN + "good-a", TOKEN + "good-b")
                            .status())
                    .as("two tokens")
                    .isEqualTo(401);
            server.hub().publish("a", Event.of("1"));
            ann.awaitEvents(1);
        }
    }

    @OverEachTransport
    void aLateIdentityKeepsTheOrderOfRequests(Transport transport) throws Exception {
        try (SseServer server = on(transport, ((Authenticator) this::later).orAnonymous())
                        .start();
                RawClient client = RawClient.connect(server.port())) {
            client.send(request("POST", "/me?n=1", TOKEN + "1")
                    + request("GET", "/me?n=2")
                    + request("GET", "/nothing")
                    + request("POST", "/me?n=3", TOKEN + "3")
                    + request("GET", "/events/a", TOKEN + "4")
                    + request("GET", "/me?n=ignored"));
            CompletableFuture<Identity> first = nextAsked();
            assertThat(handled).as("before the first is decided").hasValue(0);
            first.complete(Identity.of("one"));
            assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().body()).isEqualTo("one 1");
            client.nextResponse();
            client.await(() -> client.stream().hasEnded(), "the second response");
            assertThat(client.stream().body()).isEqualTo("null 2");
            client.nextResponse();
            client.await(() -> client.stream().hasEnded(), "the third response");
            assertThat(client.stream().status()).isEqualTo(404);
            nextAsked().complete(Identity.of("three"));
            client.nextResponse();
            client.await(() -> client.stream().hasEnded(), "the fourth response");
            assertThat(client.stream().body()).isEqualTo("three 3");
            nextAsked().complete(Identity.of("four"));
            client.nextResponse();
            client.awaitStream();
            server.hub().publish("a", Event.of("event"));
            client.awaitEvents(1);
            assertThat(handled).as("a request after a stream").hasValue(3);
        }
    }

    @OverEachTransport
    void aClientThatLeavesMeanwhileCostsNothing(Transport transport) throws Exception {
        BlockingQueue<CompletableFuture<SseStream>> opening = new LinkedBlockingQueue<>();
        try (SseServer server = on(transport, this::later)
                .maxStreams(1)
                .streams("/later/**", StreamRoute.async(request -> {
                    CompletableFuture<SseStream> stage = new CompletableFuture<>();
                    opening.add(stage);
                    return stage;
                }))
                .start()) {
            RawClient early = RawClient.connect(server.port()).send(request("POST", "/me", TOKEN + "1"));
            CompletableFuture<Identity> unused = nextAsked();
            RawClient late = RawClient.connect(server.port()).get("/later/a", TOKEN + "2");
            nextAsked().complete(Identity.of("ann"));
            CompletableFuture<SseStream> unusedStream = opening.poll(30, TimeUnit.SECONDS);
            assertThat(server.streams().permits().acquired()).isEqualTo(1);
            assertThat(respondLater(server, "/events/b").status())
                    .as("the place is taken")
                    .isEqualTo(503);
            early.close();
            late.close();
            await().untilAsserted(() ->
                    assertThat(server.streams().permits().acquired()).isZero());
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
            unused.complete(Identity.of("nobody is there"));
            Objects.requireNonNull(unusedStream).complete(SseStream.of(Selector.of("a"), StartPosition.live()));
            assertThat(respondLater(server, "/me?n=1").body()).isEqualTo("ann 1");
            assertThat(handled).hasValue(1);
            assertThat(server.hub().stats().opened()).isZero();
        }
    }

    private RawStream respondLater(SseServer server, String target) throws Exception {
        try (RawClient client = RawClient.connect(server.port()).get(target, TOKEN + "x")) {
            nextAsked().complete(Identity.of("ann"));
            assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
            return client.stream();
        }
    }

    @Test
    void anAddressWithTooManyWrongCredentialsWaits() throws Exception {
        Rate rate = new Rate(2, Duration.ofHours(1));
        try (SseServer server = on(Transport.NIO, BY_TOKEN.orAnonymous().limitingFailures(rate))
                .trustedProxies(TrustedProxies.of("127.0.0.1").byXForwardedFor())
                .start()) {
            String from = "X-Forwarded-For: 192.0.2.1";
            for (int status : new int[] {401, 401, 429, 429}) {
                RawStream rejected = respond(server, "GET", "/me", from, TOKEN + "wrong");
                assertThat(rejected.status()).isEqualTo(status);
            }
            RawStream right = respond(server, "GET", "/events/a", from, TOKEN + "good-ann");
            assertThat(right.status()).isEqualTo(429);
            assertThat(Integer.parseInt(right.header("retry-after"))).isBetween(1_700, 1_800);
            RawStream eventSource =
                    respond(server, "GET", "/events/a", from, TOKEN + "good-ann", RawClient.EVENT_SOURCE);
            assertThat(eventSource.status()).isEqualTo(200);
            assertThat(eventSource.retries).hasSize(1);
            assertThat(respond(server, "GET", "/me", from).status())
                    .as("no credentials")
                    .isEqualTo(200);
            assertThat(respond(server, "GET", "/me", "X-Forwarded-For: 192.0.2.2", TOKEN + "good-ann")
                            .status())
                    .isEqualTo(200);
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.AUTHENTICATION_RATE))
                    .isEqualTo(4);
        }
    }

    @Test
    void aDecisionThatIsTooLateMayBeAskedForAgain() throws Exception {
        StreamRoute never = StreamRoute.async(request -> new CompletableFuture<>());
        try (SseServer server = on(Transport.NIO, this::later)
                .streams("/never", never)
                .decisionTimeout(Duration.ofMillis(50))
                .start()) {
            for (String target : List.of("/me", "/events/a")) {
                RawStream response = respond(server, "GET", target, TOKEN + "1");
                assertThat(response.status()).isEqualTo(503);
                assertThat(response.header("retry-after")).isEqualTo("3");
            }
            RawStream browser = respond(server, "GET", "/events/a", TOKEN + "1", RawClient.EVENT_SOURCE);
            assertThat(browser.status()).isEqualTo(200);
            assertThat(browser.retries).hasSize(1);
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.DECISION_TIMEOUT))
                    .isEqualTo(3);
        }
        try (SseServer server = on(Transport.NIO, BY_TOKEN)
                .streams("/never", never)
                .decisionTimeout(Duration.ofMillis(50))
                .start()) {
            assertThat(respond(server, "GET", "/never", TOKEN + "good-ann").status())
                    .isEqualTo(503);
            assertThat(respond(server, "HEAD", "/never", TOKEN + "good-ann").status())
                    .isEqualTo(503);
            assertThat(server.streams().permits().acquired()).isZero();
            TestServers.awaitNothingScheduled(server);
        }
    }

    /** A stage of a library that does not keep the rules. */
    private static final class Twice extends CompletableFuture<Identity> {
        @Override
        public CompletableFuture<Identity> whenComplete(
                BiConsumer<? super Identity, ? super @Nullable Throwable> action) {
            action.accept(Identity.of("first"), null);
            action.accept(Identity.of("second"), null);
            return this;
        }
    }

    @Test
    void eachOutcomeOfAStageIsClear() throws Exception {
        try (SseServer server = on(Transport.NIO, request -> outcome(String.valueOf(request.bearer())))
                .start()) {
            for (String target : List.of("/me?n=1", "/events/a")) {
                for (String failure : List.of("null", "of-null", "throws", "fails", "fails-wrapped", "hostile")) {
                    RawStream response = respond(server, "GET", target, TOKEN + failure);
                    assertThat(response.status()).as("%s %s", target, failure).isEqualTo(500);
                    assertThat(response.body()).doesNotContain("jdbc").contains("its log says why");
                }
                assertThat(respond(server, "GET", target, TOKEN + "rejects").status())
                        .isEqualTo(418);
                assertThat(respond(server, "GET", target, TOKEN + "rejects-wrapped")
                                .status())
                        .isEqualTo(418);
                assertThat(respond(server, "GET", target, TOKEN + "unknown").status())
                        .isEqualTo(401);
                assertThat(respond(server, "GET", target, TOKEN + "expired").status())
                        .isEqualTo(401);
            }
            assertThat(respond(server, "GET", "/me?n=1", TOKEN + "twice").body())
                    .isEqualTo("first 1");
            assertThat(respond(server, "GET", "/me?n=1", TOKEN + "minimal").body())
                    .isEqualTo("minimal 1");
        }
    }

    private static @Nullable CompletionStage<Identity> outcome(String token) {
        RuntimeException failure = new IllegalStateException("jdbc:secret");
        HttpStatusException rejection = HttpStatusException.of(418, "no coffee");
        return switch (token) {
            case "null" -> null;
            case "of-null" -> CompletableFuture.completedFuture(null);
            case "throws" -> throw failure;
            case "fails" -> CompletableFuture.failedFuture(failure);
            case "fails-wrapped" -> CompletableFuture.failedStage(new CompletionException(failure));
            case "hostile" ->
                new CompletableFuture<>() {
                    @Override
                    public CompletableFuture<Identity> whenComplete(
                            BiConsumer<? super Identity, ? super Throwable> action) {
                        throw failure;
                    }
                };
            case "rejects" -> throw rejection;
            case "rejects-wrapped" -> CompletableFuture.failedFuture(new CompletionException(rejection));
            case "twice" -> new Twice();
            case "minimal" -> CompletableFuture.completedStage(Identity.of("minimal"));
            case "expired" ->
                CompletableFuture.completedFuture(Identity.of("late").until(Instant.EPOCH));
            default -> CompletableFuture.completedFuture(Identity.UNKNOWN);
        };
    }

    @Test
    void authenticationComesBeforeTheLimits() throws Exception {
        try (SseServer server = on(Transport.NIO, BY_TOKEN).maxStreams(0).start()) {
            assertThat(respond(server, "GET", "/events/a", TOKEN + "bad").status())
                    .isEqualTo(401);
            assertThat(respond(server, "GET", "/events/a", TOKEN + "good-ann").status())
                    .isEqualTo(503);
        }
    }

    @Test
    void authenticatorsAreCombined() throws Exception {
        Authenticator session = Authenticator.cookie(
                "session",
                value -> CompletableFuture.completedFuture(
                        value.equals("s1") ? Identity.of("by cookie") : Identity.UNKNOWN));
        try (SseServer server = on(Transport.NIO, BY_TOKEN.or(session)).start()) {
            assertThat(respond(server, "GET", "/me?n=1", "Cookie: a=b; session=s1")
                            .body())
                    .isEqualTo("by cookie 1");
            assertThat(respond(server, "GET", "/me?n=1", TOKEN + "good-ann", "Cookie: session=bad")
                            .body())
                    .isEqualTo("ann 1");
            RawStream missing = respond(server, "GET", "/me");
            assertThat(missing.status()).isEqualTo(401);
            assertThat(missing.header("www-authenticate")).isEqualTo("Bearer, Cookie");
        }
        try (SseServer server =
                on(Transport.NIO, BY_TOKEN.or(session).orAnonymous()).start()) {
            assertThat(respond(server, "GET", "/me?n=1").body()).isEqualTo("null 1");
            assertThat(respond(server, "GET", "/me?n=1", "Cookie: session=bad").status())
                    .isEqualTo(401);
        }
    }

    @Test
    void aBlockingAuthenticatorDoesNotBlockItsEventLoop() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        BlockingQueue<String> threads = new LinkedBlockingQueue<>();
        Authenticator blocking = Authenticator.blocking(request -> {
            threads.add(Thread.currentThread().getName());
            if ("slow".equals(request.bearer())) {
                assertThat(open.await(60, TimeUnit.SECONDS)).isTrue();
            }
            if ("bad".equals(request.bearer())) {
                throw new IOException("no database");
            }
            return Identity.of(String.valueOf(request.bearer()));
        });
        try (SseServer server = on(Transport.NIO, blocking).threads(1).start();
                RawClient slow = RawClient.connect(server.port()).get("/events/a", TOKEN + "slow")) {
            assertThat(threads.poll(30, TimeUnit.SECONDS)).isNotNull();
            assertThat(respond(server, "GET", "/me?n=1", TOKEN + "fast").body()).isEqualTo("fast 1");
            assertThat(respond(server, "GET", "/me?n=1", TOKEN + "bad").status())
                    .isEqualTo(500);
            open.countDown();
            slow.awaitStream();
            assertThat(threads).noneMatch(name -> name.matches("sluice-[0-9]+-[0-9]+"));
        }
    }

    @Test
    void aPreflightNeedsNoCredentials() throws Exception {
        try (SseServer server =
                on(Transport.NIO, BY_TOKEN).cors("https://app.example").start()) {
            RawStream preflight = respond(
                    server,
                    "OPTIONS",
                    "/events/a",
                    "Origin: https://app.example",
                    "Access-Control-Request-Method: GET",
                    "Access-Control-Request-Headers: authorization");
            assertThat(preflight.status()).isEqualTo(204);
            RawStream rejected = respond(server, "GET", "/events/a", "Origin: https://app.example");
            assertThat(rejected.status()).isEqualTo(401);
            assertThat(rejected.header("access-control-allow-origin")).isEqualTo("https://app.example");
        }
    }

    /** A stream that was authenticated before a revocation, and opens after it, may not survive it. */
    @OverEachProtocol
    void aRevocationAppliesToRequestsThatWait(Transport transport, ClientProtocol protocol) throws Exception {
        BlockingQueue<CompletableFuture<SseStream>> opening = new LinkedBlockingQueue<>();
        try (SseServer server = on(protocol.on(transport), BY_TOKEN)
                        .streams("/later", StreamRoute.async(request -> {
                            CompletableFuture<SseStream> stage = new CompletableFuture<>();
                            opening.add(stage);
                            return stage;
                        }))
                        .start();
                StreamClient open = protocol.open(server, "/events/a", TOKEN + "good-ann");
                StreamClient waiting = protocol.get(server, "/later", TOKEN + "good-ann")) {
            CompletableFuture<SseStream> stage = Objects.requireNonNull(opening.poll(30, TimeUnit.SECONDS));
            assertThat(server.hub().revoke("ann").toCompletableFuture().join()).isEqualTo(1);
            assertThat(open.awaitEnd(RawClient.PATIENCE)).isTrue();
            stage.complete(SseStream.of(Selector.of("a"), StartPosition.live()));
            assertThat(waiting.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(waiting.stream().status()).isEqualTo(503);
            open.close();
            waiting.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @OverEachProtocol
    void aStreamEndsWithItsIdentity(Transport transport, ClientProtocol protocol) throws Exception {
        Authenticator shortly = request -> CompletableFuture.completedFuture(
                Identity.of("ann").until(Instant.now().plusMillis(300)));
        try (SseServer server = on(protocol.on(transport), shortly).start();
                StreamClient client = protocol.open(server, "/events/a")) {
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().hasEnded()).as("with the last chunk").isTrue();
            assertThat(client.stream().retries)
                    .hasSize(2)
                    .element(1)
                    .satisfies(millis -> assertThat(millis).isLessThan(100));
            assertThat(client.stream().events).as("the client reconnects").isEmpty();
            client.close();
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
        }
    }

    @Test
    void aRouteAsksForTheRightToPublish() throws Exception {
        AccessRules rules = AccessRules.builder()
                .allowPublish("users/{principal}")
                .allow("users/{principal}/**")
                .build();
        try (SseServer server = TestServers.on(Transport.NIO)
                .authenticator(BY_TOKEN.orAnonymous())
                .access(rules)
                .route("POST", "/publish/**", request -> {
                    request.topicToPublish(request.subPath());
                    return RouteResponse.empty(204).completed();
                })
                .start()) {
            assertThat(respond(server, "POST", "/publish/users/ann", TOKEN + "good-ann")
                            .status())
                    .isEqualTo(204);
            assertThat(respond(server, "POST", "/publish/users/ann", TOKEN + "good-bob")
                            .status())
                    .isEqualTo(403);
            assertThat(respond(server, "POST", "/publish/users/ann").status()).isEqualTo(401);
            assertThat(respond(server, "POST", "/publish/other").status()).isEqualTo(403);
            assertThat(respond(server, "POST", "/publish/a//b", TOKEN + "good-ann")
                            .status())
                    .isEqualTo(400);
            assertThat(respond(server, "GET", "/events/users/bob", TOKEN + "good-ann")
                            .status())
                    .as("the default route")
                    .isEqualTo(403);
            RawClient.open(server.port(), "/events/users/ann", TOKEN + "good-ann")
                    .close();
        }
    }

    @Test
    void aHandlerOfAnotherPipelineWaitsToo() throws Exception {
        Hub hub = Hub.create();
        SseHandler handler = SseHandler.serving(hub, "/events/**", StreamRoute.topics())
                .authenticator(this::later)
                .access(AccessRules.builder().allow("users/{principal}").build());
        String get = request("GET", "/events/users/ann", TOKEN + "1");

        EmbeddedChannel channel = new EmbeddedChannel(new HttpServerCodec(), handler);
        write(channel, get + get);
        nextAsked().complete(Identity.of("ann"));
        channel.runPendingTasks();
        assertThat(text(channel)).startsWith("HTTP/1.1 200 OK").contains("retry: 3000");
        assertThat(asked).as("the second request, which nobody answers").isEmpty();
        hub.publish("users/ann", Event.of("1"));
        channel.runPendingTasks();
        assertThat(text(channel)).contains("data: 1");
        channel.finishAndReleaseAll();

        EmbeddedChannel forbidden = new EmbeddedChannel(new HttpServerCodec(), handler);
        write(forbidden, get);
        nextAsked().complete(Identity.of("bob"));
        forbidden.runPendingTasks();
        assertThat(text(forbidden)).startsWith("HTTP/1.1 403");
        assertThat(forbidden.isOpen()).isFalse();

        EmbeddedChannel anonymous = new EmbeddedChannel(new HttpServerCodec(), handler);
        write(anonymous, request("GET", "/events/users/ann"));
        assertThat(text(anonymous)).startsWith("HTTP/1.1 401");

        EmbeddedChannel left = new EmbeddedChannel(new HttpServerCodec(), handler);
        write(left, get);
        CompletableFuture<Identity> unused = nextAsked();
        left.close();
        unused.complete(Identity.of("ann"));
        left.runPendingTasks();
        left.finishAndReleaseAll();

        EmbeddedChannel late = new EmbeddedChannel(new HttpServerCodec(), handler.decisionTimeout(Duration.ofHours(1)));
        write(late, get);
        assertThat(nextAsked()).isNotDone();
        late.advanceTimeBy(61, TimeUnit.MINUTES);
        late.runScheduledPendingTasks();
        assertThat(text(late)).startsWith("HTTP/1.1 503");
        late.finishAndReleaseAll();
        TestServers.awaitNothingOwned(hub);
        hub.close();
    }

    private static void write(EmbeddedChannel channel, String request) {
        channel.writeInbound(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
        channel.runPendingTasks();
    }

    private static String text(EmbeddedChannel channel) {
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(StandardCharsets.US_ASCII));
            part.release();
        }
        return all.toString();
    }
}
