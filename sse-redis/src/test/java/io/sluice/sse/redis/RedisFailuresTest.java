package io.sluice.sse.redis;

import static io.sluice.sse.redis.Nodes.awaitAvailable;
import static io.sluice.sse.redis.Nodes.awaitAway;
import static io.sluice.sse.redis.Nodes.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.Event;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.StartPosition;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The failures of a real Redis (faults F29 to F34, S28). Clients stay connected, and whatever may be lost is a gap. */
class RedisFailuresTest {

    private RedisServer redis;
    private Nodes nodes;

    @BeforeEach
    void begin() throws Exception {
        redis = RedisServer.redis();
        nodes = new Nodes(redis.uri());
    }

    @AfterEach
    void close() throws Exception {
        if (nodes != null) {
            nodes.close();
        }
        if (redis != null) {
            redis.close();
        }
    }

    private static void assertRefused(ThrowingCallable publish, String reason) {
        assertThatThrownBy(publish)
                .cause()
                .isInstanceOf(BackplaneException.class)
                .satisfies(e -> {
                    assertThat(((BackplaneException) e).isOutcomeUnknown()).isFalse();
                    assertThat(e).hasMessageContaining(reason);
                });
    }

    private static void awaitOneGapBefore(RecordingSink sink, String data) {
        sink.await(() -> sink.data().contains(data));
        assertThat(sink.gaps()).hasSize(1);
        assertThat(sink.endReason()).isNull();
    }

    /** F29, F30: killed, and empty afterwards. */
    @Test
    void aRedisThatWasKilledAndIsEmptyIsAGap() throws Exception {
        Hub a = nodes.node();
        Hub b = nodes.node();
        RecordingSink atA = nodes.client(a, "t");
        RecordingSink atB = nodes.client(b, "t");
        String before = get(a.publish("t", Event.of("before"))).id();
        redis.kill();
        awaitAway(a, b);
        assertRefused(() -> get(a.publish("t", Event.of("away"))), "Redis is away");
        redis.restart();
        awaitAvailable(a, b);
        String after = get(b.publish("t", Event.of("after"))).id();
        assertThat(after).isGreaterThan(before);
        awaitOneGapBefore(atA, "after");
        awaitOneGapBefore(atB, "after");
        RecordingSink resumed = nodes.client(b, StartPosition.after(before), "t");
        awaitOneGapBefore(resumed, "after");
    }

    /** Even with its data: the last second of an append-only file may be lost. */
    @Test
    void aRedisThatRestartsWithItsDataIsAGapToo() throws Exception {
        redis.close();
        redis = RedisServer.redis("--appendonly", "yes");
        nodes = new Nodes(redis.uri());
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        get(a.publish("t", Event.of("before")));
        redis.kill();
        awaitAway(a);
        redis.restart();
        awaitAvailable(a);
        get(a.publish("t", Event.of("after")));
        awaitOneGapBefore(sink, "after");
        Hub b = nodes.node();
        assertThat(b.headId()).isEqualTo(a.headId());
    }

    @Test
    void aHubThatBeginsWithoutRedisIsReadyWhenRedisComes() throws Exception {
        redis.kill();
        Hub a = nodes.node();
        assertThat(a.backplane().orElseThrow().unavailable()).isNotNull();
        RecordingSink sink = nodes.client(a, "t");
        assertRefused(() -> get(a.publish("t", Event.of("away"))), "Redis is away");
        redis.restart();
        awaitAvailable(a);
        get(a.publish("t", Event.of("after")));
        awaitOneGapBefore(sink, "after");
        sink.await(() -> sink.lastEventId().equals(a.headId()));
    }

    @Test
    void aHubWaitsNoLongerForRedisThanItIsAskedTo() throws Exception {
        redis.pause();
        long begun = System.nanoTime();
        Hub a = nodes.node(
                options -> options.commandTimeout(Duration.ofSeconds(30)).startTimeout(Duration.ofMillis(200)),
                hub -> {});
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
        assertThat(a.backplane().orElseThrow().unavailable()).isNotNull();
        redis.resume();
        awaitAvailable(a);
    }

    @Test
    void aPublicationWaitsForRedisIfItIsAskedTo() throws Exception {
        Hub a = nodes.node(options -> options.awayTimeout(Duration.ofSeconds(20)), hub -> {});
        Hub impatient = nodes.node(options -> options.awayTimeout(Duration.ofMillis(100)), hub -> {});
        redis.kill();
        awaitAway(a, impatient);
        CompletionStage<Published> waiting = a.publish("t", Event.of("one"));
        assertRefused(() -> get(impatient.publish("t", Event.of("two"))), "Redis is away");
        assertThat(waiting.toCompletableFuture()).isNotDone();
        redis.restart();
        assertThat(get(waiting).duplicate()).isFalse();
    }

    /** The connection is accepted, and the handshake gets no answer. */
    @Test
    void aWaitingPublicationFailsInTimeWhileAConnectionIsMade() throws Exception {
        Hub a = nodes.node(
                options -> options.awayTimeout(Duration.ofMillis(100)).commandTimeout(Duration.ofSeconds(15)),
                hub -> {});
        redis.kill();
        try (ServerSocket silent = new ServerSocket(redis.port, 10, InetAddress.getLoopbackAddress());
                Socket accepted = silent.accept()) {
            assertThat(accepted.getInputStream().read()).isPositive(); // the handshake has begun
            long begun = System.nanoTime();
            assertRefused(() -> get(a.publish("t", Event.of("late"))), "Redis is away");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
            a.close();
        }
    }

    /** F31, S28: it keeps its connections and answers nothing. */
    @Test
    void aRedisThatAnswersNothingIsNoticedAndNothingIsLost() throws Exception {
        Hub a = nodes.node(options -> options.pendingEntries(100), hub -> {});
        RecordingSink sink = nodes.client(a, "t");
        get(a.publish("t", Event.of("before")));
        redis.pause();
        List<CompletionStage<Published>> sent = new ArrayList<>();
        long begun = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
            sent.add(a.publish("t", Event.of("e" + i)));
        }
        // Other threads complete the refused ones.
        Awaitility.await()
                .until(() -> sent.stream()
                                .filter(each -> !each.toCompletableFuture().isDone())
                                .count()
                        <= 100);
        awaitAway(a);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        redis.resume();
        awaitAvailable(a);
        List<String> published = new ArrayList<>();
        for (int i = 0; i < sent.size(); i++) {
            int number = i;
            sent.get(i)
                    .whenComplete((result, failure) -> {
                        if (failure == null) {
                            published.add("e" + number);
                        }
                    })
                    .exceptionally(failure -> null)
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
        }
        get(a.publish("t", Event.of("after")));
        sink.await(() -> sink.data().contains("after"));
        assertThat(sink.gaps()).isEmpty(); // the same process has lost nothing
        assertThat(sink.data()).doesNotHaveDuplicates().containsSubsequence(published);
    }

    /** F33: out of memory. */
    @Test
    void aRedisWithoutMemoryRefusesEventsAndStillDelivers() throws Exception {
        Hub a = nodes.node();
        get(a.publish("t", Event.of("before")));
        redis.commands().configSet("maxmemory", "1");
        assertRefused(() -> get(a.publish("t", Event.of("refused"))), "out of memory");
        assertRefused(
                () -> get(a.publish(
                        "t", Event.builder().id("chosen").data("refused").build())),
                "out of memory");
        redis.commands().configSet("maxmemory", "0");
        get(a.publish("t", Event.builder().id("chosen").data("after").build()));
        RecordingSink sink = nodes.client(a, StartPosition.replay(10), "t");
        sink.await(() -> sink.data().size() == 2);
        assertThat(sink.data()).containsExactly("before", "after");
        assertThat(a.backplane().orElseThrow().reconnects()).isZero();
    }

    /** Managed services end connections that send no command for some minutes. */
    @Test
    void aRedisThatEndsIdleConnectionsEndsNoSession() throws Exception {
        Hub a = nodes.node();
        get(a.publish("t", Event.of("before")));
        redis.commands().configSet("timeout", "2");
        try {
            Awaitility.await()
                    .during(Duration.ofSeconds(5))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> a.backplane().orElseThrow().reconnects() == 0);
        } finally {
            redis.commands().configSet("timeout", "0");
        }
    }

    /** F33: a replica does not take writes. */
    @Test
    void aRedisThatBecomesAReplicaIsAway() throws Exception {
        Hub a = nodes.node();
        try (RedisServer other = RedisServer.redis()) {
            redis.commands().replicaof("127.0.0.1", other.port);
            assertThatThrownBy(() -> get(a.publish("t", Event.of("refused"))))
                    .cause()
                    .isInstanceOf(BackplaneException.class);
            awaitAway(a);
            redis.commands().replicaofNoOne();
            awaitAvailable(a);
            get(a.publish("t", Event.of("after")));
        }
    }

    /** F33: half a second for everything. */
    @Test
    void aSlowRedisOnlyDelays() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        redis.commands().clientPause(500);
        CompletionStage<Published> slow = a.publish("t", Event.of("one"));
        assertThat(get(slow).duplicate()).isFalse();
        sink.await(() -> sink.data().contains("one"));
        assertThat(a.backplane().orElseThrow().reconnects()).isZero();
        assertThat(sink.gaps()).isEmpty();
    }

    /** F34: the connection is lost after the command and before the answer. */
    @Test
    void anAnswerThatIsLostIsFoundInTheStream() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        List<String> succeeded = new ArrayList<>(List.of("first"));
        get(a.publish("t", Event.of("first"))); // of the others perhaps none
        List<CompletionStage<Published>> sent = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            sent.add(a.publish("t", Event.of("e" + i)));
            if (i % 100 == 50) {
                redis.commands()
                        .clientKill(
                                io.lettuce.core.KillArgs.Builder.typeNormal().skipme());
            }
        }
        List<String> refused = new ArrayList<>();
        for (int i = 0; i < sent.size(); i++) {
            try {
                get(sent.get(i));
                succeeded.add("e" + i);
            } catch (java.util.concurrent.ExecutionException e) {
                if (!((BackplaneException) e.getCause()).isOutcomeUnknown()) {
                    refused.add("e" + i);
                }
            }
        }
        awaitAvailable(a);
        get(a.publish("t", Event.of("end")));
        sink.await(() -> sink.data().contains("end"));
        assertThat(sink.gaps()).isEmpty();
        assertThat(sink.data())
                .doesNotHaveDuplicates()
                .containsSubsequence(succeeded)
                .doesNotContainAnyElementsOf(refused.isEmpty() ? List.of("none") : refused);
    }

    /** Events come back from the stream before Redis has answered their commands, so these have a bound. */
    @Test
    void commandsWithoutAnAnswerAreBounded() throws Exception {
        int bound = 20;
        try (HeldAnswers proxy = new HeldAnswers(redis);
                Nodes behind = new Nodes(proxy.uri())) {
            Hub a = behind.node(
                    options -> options.pendingEntries(bound).commandTimeout(Duration.ofSeconds(30)), hub -> {});
            get(a.publish("t", Event.of("first")));
            proxy.hold();
            for (int i = 0; i < bound; i++) {
                get(a.publish("t", Event.of("e" + i)));
            }
            List<CompletionStage<Published>> waiting = new ArrayList<>();
            for (int i = 0; i < bound; i++) {
                waiting.add(a.publish("t", Event.of("later")));
            }
            for (int i = 0; i < 5 * bound; i++) { // more than the client of Redis would let wait
                assertRefused(() -> get(a.publish("t", Event.of("above"))), "Redis does not keep up");
            }
            assertThat(waiting).noneMatch(each -> each.toCompletableFuture().isDone());
            proxy.release();
            for (CompletionStage<Published> each : waiting) {
                get(each);
            }
            assertThat(a.backplane().orElseThrow().reconnects()).isZero();
        }
    }

    @Test
    void noThreadIsLeftBehind() throws Exception {
        Hub a = nodes.node();
        get(a.publish("t", Event.of("one")));
        redis.kill();
        awaitAway(a);
        long begun = System.nanoTime();
        a.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        Awaitility.await("the threads of the backplane have ended")
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("sluice-redis")));
    }

    /** F32: acknowledged events that the new primary never got. */
    @Test
    void aFailoverThatLosesAcknowledgedEventsIsAGap() throws Exception {
        try (RedisServer replica = RedisServer.redis("--replicaof", "127.0.0.1 " + redis.port);
                RedisServer sentinel = RedisServer.sentinel(
                        "sentinel monitor main 127.0.0.1 " + redis.port + " 1",
                        "sentinel down-after-milliseconds main 500",
                        "sentinel failover-timeout main 2000")) {
            Awaitility.await("the replica has the data")
                    .until(() -> replica.commands().info("replication").contains("master_link_status:up"));
            Nodes clustered = new Nodes("redis-sentinel://127.0.0.1:" + sentinel.port + "#main");
            try (clustered) {
                Hub a = clustered.node();
                Hub b = clustered.node();
                RecordingSink atA = clustered.client(a, "t");
                String before = get(b.publish("t", Event.of("before"))).id();
                Awaitility.await("the sentinel knows the replica")
                        .until(() -> sentinel.log().contains("+slave"));
                replica.pause(); // what follows does not reach it
                String lost = get(a.publish("t", Event.of("lost"))).id();
                redis.kill();
                replica.resume();
                awaitAway(a, b);
                awaitAvailable(a, b);
                get(b.publish("t", Event.of("after")));
                awaitOneGapBefore(atA, "after");
                assertThat(atA.data()).containsSubsequence("before", "lost", "after");
                RecordingSink resumed = clustered.client(b, StartPosition.after(lost), "t");
                awaitOneGapBefore(resumed, "after");
                Hub c = clustered.node();
                RecordingSink elsewhere = clustered.client(c, StartPosition.after(before), "t");
                awaitOneGapBefore(elsewhere, "after");
            }
        }
    }
}
