package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.http.Deadlines;
import io.sluice.sse.netty.http.RequestDeadline;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A client that does not send its request in time is disconnected. */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT) // its tests wait for timeouts
class RequestDeadlineTest {

    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final Duration LONG = Duration.ofMinutes(5);

    // ---- with a manual clock

    private final PendingConnections pending = new PendingConnections();
    private final List<Object> expired = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final RequestDeadline deadline = addDeadline(channel, Duration.ofSeconds(10), Duration.ofSeconds(60));

    private RequestDeadline addDeadline(EmbeddedChannel to, Duration request, Duration idle) {
        to.freezeTime();
        RequestDeadline added = new RequestDeadline(new Deadlines(request, idle).on(to.eventLoop()), pending);
        to.pipeline().addLast(added, new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                expired.add(event);
            }
        });
        return added;
    }

    private void pass(long seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    @Test
    void aSilentConnectionIsClosedWithoutAResponse() {
        pass(9);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
        assertThat(expired).isEmpty();
    }

    @Test
    void theFirstRequestIsTimedFromTheAcceptHoweverSlowlyItArrives() {
        for (int second = 0; second < 10; second++) {
            assertThat(expired).isEmpty();
            channel.writeInbound("x");
            pass(1);
        }
        assertThat(expired).containsExactly(RequestDeadline.EXPIRED);
        assertThat(channel.isOpen()).isTrue();
        pass(10);
        assertThat(channel.isOpen()).as("a client that stays after the 408").isFalse();
        assertThat(expired).hasSize(1);
    }

    @Test
    void theClockStopsWhileAResponseIsPending() {
        channel.writeInbound("request");
        deadline.requestArrived();
        pass(10_000);
        assertThat(channel.isOpen()).isTrue();
        deadline.responseWritten();
        pass(59);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
        assertThat(expired).isEmpty();
    }

    @Test
    void theNextRequestIsTimedFromItsFirstByte() {
        channel.writeInbound("request");
        deadline.requestArrived();
        deadline.responseWritten();
        pass(50);
        channel.writeInbound("r");
        pass(9);
        channel.writeInbound("e");
        assertThat(expired).isEmpty();
        pass(1);
        assertThat(expired).hasSize(1);
    }

    @Test
    void halfARequestAfterAnotherIsTimedFromTheResponse() {
        channel.writeInbound("request");
        deadline.requestArrived();
        channel.writeInbound("half");
        pass(100);
        deadline.responseWritten();
        pass(9);
        assertThat(expired).isEmpty();
        pass(1);
        assertThat(expired).hasSize(1);
    }

    @Test
    void aBusyConnectionKeepsOneTaskAndDoesNotRescheduleIt() {
        for (int i = 0; i < 1_000; i++) {
            channel.writeInbound("request");
            deadline.requestArrived();
            deadline.responseWritten();
            channel.advanceTimeBy(10, TimeUnit.MILLISECONDS);
        }
        pass(59);
        assertThat(channel.isOpen()).isTrue();
        pass(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void nothingIsLeftAfterAnUpgrade() {
        channel.pipeline().remove(deadline);
        deadline.responseWritten();
        pass(1_000);
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void aPendingConnectionIsIdentifiedOnce() {
        assertThat(pending.count()).isEqualTo(1);
        deadline.requestArrived();
        assertThat(pending.count()).isZero();
        deadline.responseWritten();
        deadline.requestArrived();
        channel.finishAndReleaseAll();
        assertThat(pending.count()).isZero();
    }

    @Test
    void aConnectionThatLeavesWithoutARequestIsNoLongerPending() {
        channel.finishAndReleaseAll();
        assertThat(pending.count()).isZero();
    }

    @Test
    void zeroDisablesTheDeadline() {
        EmbeddedChannel free = new EmbeddedChannel();
        addDeadline(free, Duration.ZERO, Duration.ZERO);
        free.writeInbound("x");
        assertThat(free.runScheduledPendingTasks())
                .as("nanoseconds to the next task")
                .isEqualTo(-1);
        free.finishAndReleaseAll();
    }

    // ---- over sockets

    @OverEachTransport
    void unfinishedRequestsAreEnded(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                        .requestTimeout(SHORT)
                        .idleTimeout(LONG)
                        .start();
                RawClient stream = RawClient.open(server.port(), "/events/a");
                // each client sends its part right after it connects, since the deadline starts then
                RawClient silent = RawClient.connect(server.port());
                RawClient line = RawClient.connect(server.port()).send("GET /eve");
                RawClient headers = RawClient.connect(server.port()).send("GET /events/a HTTP/1.1\r\nHost: localh");
                RawClient body = RawClient.connect(server.port())
                        .send("POST /publish/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")) {
            for (RawClient client : List.of(silent, line, headers, body)) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            }
            assertThat(silent.stream().hasHead()).isFalse();
            for (RawClient client : List.of(line, headers, body)) {
                assertThat(client.stream().status()).isEqualTo(408);
                assertThat(client.stream().header("connection")).isEqualTo("close");
                assertThat(client.stream().header("content-type")).isEqualTo("application/problem+json");
            }
            assertThat(server.hub().rejections().count(RejectionCounts.Kind.REQUEST_TIMEOUT))
                    .isEqualTo(3);
            server.hub().publish("a", Event.of("a stream has no deadline"));
            stream.awaitEvents(1);
        }
    }

    @OverEachTransport
    void oneByteAtATimeIsTooSlow(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport).requestTimeout(SHORT).start();
                RawClient client = RawClient.connect(server.port())) {
            await().pollInterval(Duration.ofMillis(20)).until(() -> {
                try {
                    client.send("x");
                    client.read(Duration.ofMillis(1));
                } catch (IOException reset) {
                    return true;
                }
                return client.stream().status() == 408;
            });
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
        }
    }

    @OverEachTransport
    void aConnectionMayIdleBetweenRequestsAndIsNotIdleWhileAResponseIsPending(Transport transport) throws Exception {
        CompletableFuture<RouteResponse> response = new CompletableFuture<>();
        try (SseServer server = TestServers.on(transport)
                        .requestTimeout(SHORT)
                        .idleTimeout(SHORT)
                        .route("GET", "/slow", request -> response)
                        .start();
                RawClient slow = RawClient.connect(server.port()).get("/slow");
                RawClient idle = RawClient.connect(server.port()).get("/nothing")) {
            idle.awaitHead();
            assertThat(idle.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(idle.hasMore()).as("no bytes for an idle client").isFalse();
            response.complete(RouteResponse.of(200, "text/plain", "late"));
            assertThat(slow.awaitResponse(RawClient.PATIENCE)).isTrue();
            assertThat(slow.stream().body()).isEqualTo("late");
        }
    }

    @OverEachTransport
    void aClientThatDoesNotReadItsResponsesCountsAsIdle(Transport transport) throws Exception {
        byte[] large = new byte[16 << 20];
        try (SseServer server = TestServers.on(transport)
                        .requestTimeout(SHORT)
                        .idleTimeout(SHORT)
                        .route(
                                "GET",
                                "/large",
                                request -> RouteResponse.of(200, "text/plain", large)
                                        .completed())
                        .start();
                RawClient client = RawClient.connect(server.port(), 4096).get("/large")) {
            client.awaitHead();
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
        }
    }

    @OverEachTransport
    void crowdsOfSlowAndSilentClientsKeepNoClientOut(Transport transport) throws Exception {
        Duration timeout = Duration.ofSeconds(2);
        try (SseServer server =
                TestServers.on(transport).requestTimeout(timeout).start()) {
            List<RawClient> crowd = new ArrayList<>();
            try {
                for (int i = 0; i < 300; i++) {
                    crowd.add(RawClient.connect(server.port()));
                    crowd.add(RawClient.connect(server.port()).send("GET /events/a HTTP/1.1\r\nHo"));
                }
                try (RawClient healthy = RawClient.open(server.port(), "/events/a")) {
                    server.hub().publish("a", Event.of("hello"));
                    healthy.awaitEvents(1);
                }
                await().atMost(Duration.ofSeconds(90))
                        .untilAsserted(
                                () -> assertThat(server.hub().ledger().isZero()).isTrue());
                TestServers.awaitNothingScheduled(server);
            } finally {
                for (RawClient client : crowd) {
                    client.close();
                }
            }
        }
    }
}
