package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.sluice.sse.Event;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.HubLane;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.slf4j.LoggerFactory;

/** A route blocks its event loop. The log names the loop. Publishers and the clients of other loops continue. */
@Execution(ExecutionMode.CONCURRENT) // its tests wait for the watchdog
class BlockedLaneTest {

    /** Longer than a busy machine delays a loop that no code blocks. */
    private static final Duration BLOCKED_AFTER = Duration.ofSeconds(5);

    @OverEachTransport
    void aBlockedLoopIsReportedAndAffectsItsOwnClientsOnly(Transport transport) throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(HubLane.class);
        List<ILoggingEvent> lines = new CopyOnWriteArrayList<>();
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent line) {
                lines.add(line);
            }
        };
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<Thread> blocked = new CompletableFuture<>();
        List<RawClient> clients = new ArrayList<>();
        try (SseServer server = TestServers.on(transport)
                .blockedLaneAfter(BLOCKED_AFTER)
                .streams("/events/**", StreamRoute.topics())
                .route("GET", "/block", request -> block(blocked, release))
                .start()) {
            for (int i = 0;
                    i < 20
                            && (clients.size() < 8
                                    || TransportAccess.of(server.hub()).all().size() < 2);
                    i++) {
                clients.add(RawClient.open(server.port(), "/events/a"));
            }
            // read while both loops still respond
            Map<Thread, Set<Integer>> ports = new HashMap<>();
            for (HubLane lane : TransportAccess.of(server.hub()).all()) {
                ports.put(threadOf(lane), portsOf(lane));
            }
            assertThat(ports).hasSize(2);

            try (RawClient blocker = RawClient.connect(server.port()).get("/block")) {
                Thread thread = blocked.get(40, TimeUnit.SECONDS);
                Set<Integer> blockedPorts = Objects.requireNonNull(ports.get(thread));

                server.hub().publish("a", Event.of("while it stands still"));
                for (RawClient client : clients) {
                    if (!blockedPorts.contains(client.localPort())) {
                        client.awaitEvents(1);
                    }
                }
                await().until(() -> linesOf(thread, lines).size() == 1);
                ILoggingEvent line = linesOf(thread, lines).get(0);
                assertThat(line.getFormattedMessage()).contains(" stands still for ");
                assertThat(line.getThrowableProxy().getStackTraceElementProxyArray())
                        .anySatisfy(frame -> assertThat(frame.getSTEAsString()).contains("BlockedLaneTest.block"));
                assertThat(server.hub().stats().lanesBlocked()).isPositive();

                release.countDown();
                for (RawClient client : clients) {
                    client.awaitEvents(1);
                }
                await().until(() -> linesOf(thread, lines).size() == 2);
                assertThat(linesOf(thread, lines).get(1).getFormattedMessage()).contains(" moves again");
            }
            for (RawClient client : clients) {
                client.close();
            }
            TestServers.awaitNothingOwned(server.hub());
            TestServers.awaitNothingScheduled(server);
        } finally {
            release.countDown();
            logger.detachAppender(appender);
            logger.setAdditive(true);
        }
    }

    private static java.util.concurrent.CompletionStage<RouteResponse> block(
            CompletableFuture<Thread> blocked, CountDownLatch release) {
        blocked.complete(Thread.currentThread());
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return RouteResponse.empty(204).completed();
    }

    private static Set<Integer> portsOf(HubLane lane) throws IOException {
        Set<Integer> ports = new HashSet<>();
        lane.forEachSink(sink -> {
                    String address = sink.remoteAddress();
                    ports.add(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
                })
                .toCompletableFuture()
                .join();
        return ports;
    }

    private static Thread threadOf(HubLane lane) {
        CompletableFuture<Thread> response = new CompletableFuture<>();
        lane.lane().execute(() -> response.complete(Thread.currentThread()));
        return response.join();
    }

    /** The log lines about this loop. An overloaded machine may have delayed the other loop too. */
    private static List<ILoggingEvent> linesOf(Thread thread, List<ILoggingEvent> lines) {
        return lines.stream()
                .filter(line -> line.getFormattedMessage().startsWith("lane " + thread.getName() + " "))
                .toList();
    }
}
