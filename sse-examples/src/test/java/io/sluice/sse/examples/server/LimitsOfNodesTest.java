package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.XAddArgs;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.Authenticator;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.StreamLimits;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.redis.RedisBackplane;
import io.sluice.sse.redis.RedisServer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** The streams of a principal are limited over all nodes of a hub. */
@Timeout(60)
class LimitsOfNodesTest {

    private static final Duration EXPIRY = Duration.ofMillis(600);
    private static final Authenticator BY_NAME =
            request -> CompletableFuture.completedFuture(Identity.of(String.valueOf(request.header("x-user"))));

    private static RedisServer redis;

    @BeforeAll
    static void startRedis() throws Exception {
        redis = RedisServer.redis();
    }

    @AfterAll
    static void stopRedis() throws Exception {
        if (redis != null) {
            redis.close();
        }
    }

    private record Node(Hub hub, SseServer server) implements AutoCloseable {

        RawStream open(String user) throws Exception {
            return RawStream.get(server.port(), "/events/t", "x-user: " + user);
        }

        /** The status that a new stream of this user gets. The stream is closed. */
        int status(String user) throws Exception {
            try (RawStream stream = open(user)) {
                return Integer.parseInt(stream.head().split(" ")[1]);
            }
        }

        @Override
        public void close() throws Exception {
            server.close();
            hub.close();
        }
    }

    private static Node node(TestInfo test, int max, StreamLimits.AtLimit atLimit) throws Exception {
        Hub hub = Hub.builder()
                .backplane(RedisBackplane.builder(redis.uri(), nameOf(test))
                        .startTimeout(Duration.ofSeconds(20))
                        .commandTimeout(Duration.ofSeconds(1))
                        .build())
                .presenceExpiry(EXPIRY)
                .build();
        return new Node(
                hub,
                SseServer.builder()
                        .hub(hub)
                        .port(0)
                        .authenticator(BY_NAME)
                        .streams("/events/**", StreamRoute.topics())
                        .maxStreamsPerPrincipal(max, atLimit)
                        .start());
    }

    private static String nameOf(TestInfo test) {
        return test.getTestMethod().orElseThrow().getName();
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(20))
                .until(condition);
    }

    @Test
    void aNewStreamIsRejectedIfTheNodesTogetherHaveTheMaximum(TestInfo test) throws Exception {
        try (Node a = node(test, 2, StreamLimits.AtLimit.REJECT);
                Node b = node(test, 2, StreamLimits.AtLimit.REJECT);
                RawStream atA = a.open("ann");
                RawStream atB = b.open("ann")) {
            atA.head();
            atB.head();
            await(() -> b.status("ann") == 429);
            await(() -> a.status("ann") == 429);
            assertThat(a.status("bob")).isEqualTo(200);
            atA.close();
            await(() -> b.status("ann") == 200);
        }
    }

    @Test
    void theOldestStreamAtAnyNodeEndsForANewOne(TestInfo test) throws Exception {
        try (Node a = node(test, 2, StreamLimits.AtLimit.END_OLDEST);
                Node b = node(test, 2, StreamLimits.AtLimit.END_OLDEST);
                RawStream bob = b.open("bob");
                RawStream first = a.open("ann")) {
            bob.head();
            first.head();
            a.hub.publish("t", Event.of("one"));
            bob.until("data: one"); // so node b knows of the first stream, which is older than the second one then
            try (RawStream second = b.open("ann")) {
                second.head();
                b.hub.publish("t", Event.of("before"));
                first.until("data: before");
                second.until("data: before"); // so that the nodes know of both, since they read in order
                try (RawStream third = b.open("ann")) {
                    third.head();
                    assertThat(first.toEnd()).contains("event: end").contains("replaced");
                    try (RawStream fourth = a.open("ann")) {
                        fourth.head();
                        assertThat(second.toEnd()).contains("event: end").contains("replaced");
                        a.hub.publish("t", Event.of("goes on"));
                        third.until("data: goes on");
                        fourth.until("data: goes on");
                        assertThat(third.until("goes on")).doesNotContain("event: end");
                    }
                }
            }
        }
    }

    @Test
    void theStreamsOfAKilledNodeCountUntilTheExpiry(TestInfo test) throws Exception {
        try (Node a = node(test, 1, StreamLimits.AtLimit.REJECT)) {
            Map<String, String> report = new LinkedHashMap<>();
            report.put("v", "1");
            report.put("presence", "joined");
            report.put("node", "killed");
            report.put("members", "%2F0000000000a.killed ann");
            redis.commands()
                    .xadd(
                            "sluice:{" + nameOf(test) + "}",
                            XAddArgs.Builder.nomkstream().id("1-*"),
                            report);
            await(() -> a.status("ann") == 429);
            await(() -> a.status("ann") == 200);
        }
    }

    @Test
    void withoutRedisEachNodeCountsItsOwn(TestInfo test) throws Exception {
        try (Node a = node(test, 1, StreamLimits.AtLimit.REJECT);
                Node b = node(test, 1, StreamLimits.AtLimit.REJECT);
                RawStream atA = a.open("ann")) {
            atA.head();
            await(() -> b.status("ann") == 429);
            redis.pause();
            try {
                await(() -> b.status("ann") == 200);
                assertThat(a.status("ann")).isEqualTo(429);
            } finally {
                redis.resume();
            }
            await(() -> b.status("ann") == 429);
        }
    }
}
