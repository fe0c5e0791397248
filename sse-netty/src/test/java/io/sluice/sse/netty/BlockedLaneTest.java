package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.sluice.sse.Event;
import io.sluice.sse.hub.HubLane;
import io.sluice.sse.hub.SinkInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** A route blocks its event loop: it is named, publishers go on, and so do the clients of other loops. */
class BlockedLaneTest {

    @OverEachTransport
    void itIsNamedAndHarmsItsOwnClientsOnly(Transport transport) throws Exception {
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
                .blockedLaneAfter(Duration.ofSeconds(1))
                .streams("/events/**", StreamRoute.topics())
                .route("GET", "/block", request -> block(blocked, release))
                .start()) {
            for (int i = 0;
                    i < 20 && (clients.size() < 8 || server.hub().lanes().size() < 2);
                    i++) {
                clients.add(RawClient.open(server.port(), "/events/a"));
            }
            List<Set<Integer>> ports = new ArrayList<>();
            for (HubLane lane : server.hub().lanes()) {
                ports.add(portsOf(lane));
            }
            assertThat(ports).hasSize(2);

            try (RawClient blocker = RawClient.connect(server.port()).get("/block")) {
                Thread thread = blocked.get(10, TimeUnit.SECONDS);
                List<HubLane> free = server.hub().lanes().stream()
                        .filter(lane -> !isOn(lane, thread))
                        .toList();
                assertThat(free).hasSize(1);
                Set<Integer> freePorts = ports.get(server.hub().lanes().indexOf(free.get(0)));

                server.hub().publish("a", Event.of("while it stands still"));
                for (RawClient client : clients) {
                    if (freePorts.contains(client.localPort())) {
                        client.awaitEvents(1);
                    }
                }
                await().atMost(Duration.ofSeconds(20)).until(() -> lines.size() == 1);
                assertThat(lines.get(0).getFormattedMessage())
                        .startsWith("lane " + thread.getName() + " stands still for ");
                assertThat(lines.get(0).getThrowableProxy().getStackTraceElementProxyArray())
                        .anySatisfy(frame -> assertThat(frame.getSTEAsString()).contains("BlockedLaneTest.block"));
                assertThat(server.hub().stats().lanesBlocked()).isEqualTo(1);

                release.countDown();
                for (RawClient client : clients) {
                    client.awaitEvents(1);
                }
                await().atMost(Duration.ofSeconds(20)).until(() -> lines.size() == 2);
                assertThat(lines.get(1).getFormattedMessage()).contains("moves again");
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

    private static java.util.concurrent.CompletionStage<HttpAnswer> block(
            CompletableFuture<Thread> blocked, CountDownLatch release) {
        blocked.complete(Thread.currentThread());
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return HttpAnswer.empty(204).now();
    }

    private static Set<Integer> portsOf(HubLane lane) throws IOException {
        Set<Integer> ports = new HashSet<>();
        for (SinkInfo info : lane.sinkInfos().toCompletableFuture().join()) {
            String address = info.sink().remoteAddress();
            ports.add(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
        }
        return ports;
    }

    /** Asks the lane, which does not answer while its thread is blocked. */
    private static boolean isOn(HubLane lane, Thread thread) {
        CompletableFuture<Thread> answer = new CompletableFuture<>();
        lane.lane().execute(() -> answer.complete(Thread.currentThread()));
        try {
            return answer.get(1, TimeUnit.SECONDS) == thread;
        } catch (Exception e) {
            return true;
        }
    }
}
