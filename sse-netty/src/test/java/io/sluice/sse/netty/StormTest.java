package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.Identity;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.SinkInfo;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.slf4j.LoggerFactory;

/**
 * A storm next to one healthy client: user code that throws everywhere, an executor that rejects, an observer that
 * throws, many subscriptions, floods, and streams that are closed from all sides. The healthy client reads at once and
 * gets each event once and in order. Afterwards the server closes in time and everything is released.
 *
 * <p>{@code -Dsluice.seed=…} repeats the choices of one storm, {@code -Dsluice.storm.events=…} makes it longer.
 */
class StormTest {

    private static final int EVENTS = Integer.getInteger("sluice.storm.events", 2_000);
    /** The publisher waits while this many events are under way, so that the healthy client keeps up. */
    private static final int WINDOW = 100;

    private static final int ATTACKERS = 3;
    private static final int CLIENTS_PER_ATTACKER = 10;

    private final List<Logger> quiet = Stream.of(
                    "io.sluice.sse.hub.Hub", "io.sluice.sse.hub.core.UserExecutor", RouteHandler.class.getName())
            .map(name -> (Logger) LoggerFactory.getLogger(name))
            .toList();

    @BeforeEach
    void logOnlyErrors() {
        quiet.forEach(log -> log.setLevel(Level.ERROR));
    }

    @AfterEach
    void restoreLogLevel() {
        quiet.forEach(log -> log.setLevel(null));
    }

    private final long seed = Long.getLong("sluice.seed", System.nanoTime() & 0xFFFFFFFL);

    @OverEachTransport
    void aHealthyClientGetsEverythingInAStorm(Transport transport) throws Exception {
        System.out.println(transport + " sluice.seed=" + seed);
        int descriptors = TestServers.openDescriptors();
        ExecutorService users = Executors.newFixedThreadPool(4);
        ExecutorService attackers = Executors.newFixedThreadPool(ATTACKERS);
        AtomicBoolean over = new AtomicBoolean();
        try (Hub hub = hub(users)) {
            SseServer server = start(transport, hub);
            try (RawClient healthy = RawClient.open(server.port(), "/control")) {
                List<Future<?>> attacks = IntStream.range(0, ATTACKERS)
                        .<Future<?>>mapToObj(i -> attackers.submit(() -> {
                            attack(server, new Random(seed + i), over);
                            return null;
                        }))
                        .toList();
                publishTo(hub, healthy);
                over.set(true);
                for (Future<?> attack : attacks) {
                    attack.get(60, TimeUnit.SECONDS);
                }
                assertThat(healthy.stream().events)
                        .as("seed %d", seed)
                        .extracting(ReceivedEvent::data)
                        .containsExactlyElementsOf(IntStream.range(0, EVENTS)
                                .mapToObj(String::valueOf)
                                .toList());
            } finally {
                over.set(true);
                server.close(Duration.ofMillis(200)).toCompletableFuture().get(30, TimeUnit.SECONDS);
            }
            TestServers.awaitNothingOwned(hub);
        } catch (Exception | AssertionError e) {
            throw new AssertionError("repeat with -Dsluice.seed=%d, over %s".formatted(seed, transport), e);
        } finally {
            attackers.shutdownNow();
            users.shutdownNow();
        }
        await("descriptors closed")
                .untilAsserted(() -> assertThat(TestServers.openDescriptors()).isLessThanOrEqualTo(descriptors + 10));
    }

    private Hub hub(Executor users) {
        AtomicLong tasks = new AtomicLong();
        Executor moody = task -> {
            if (tasks.incrementAndGet() % 5 == 0) {
                throw new RejectedExecutionException("a test wants it so");
            }
            users.execute(task);
        };
        return Hub.builder()
                .userExecutor(moody)
                .observer(new HostileObserver())
                .historyEvents(5_000)
                .historyTotalBytes(64L << 20)
                .build();
    }

    private SseServer start(Transport transport, Hub hub) throws IOException {
        AtomicLong streams = new AtomicLong();
        return TestServers.on(transport)
                .hub(hub)
                .heartbeat(Duration.ofMillis(20))
                .streams("/control", request -> SseStream.of(Selector.of("control"), StartPosition.live()))
                .streams("/source", request -> SseStream.of(new HostileSource(hub, seed + streams.incrementAndGet())))
                .streams("/mixed", request -> {
                    long number = streams.incrementAndGet();
                    return SseStream.of(Selector.of("noise/**"), StartPosition.live())
                            .identity(Identity.of("user-" + number % 3))
                            .with(new HostileSource(hub, seed + number));
                })
                .streams("/throws", request -> {
                    HostileSource.throwSomething((int) streams.incrementAndGet());
                    throw new IllegalStateException("a test wants it so");
                })
                .route("GET", "/answer", request -> switch ((int) (streams.incrementAndGet() % 4)) {
                    case 0 -> CompletableFuture.failedFuture(new IOException("a test wants it so"));
                    case 1 -> null;
                    case 2 -> {
                        HostileSource.throwSomething((int) streams.get());
                        yield null;
                    }
                    default -> RouteResponse.of(200, "text/plain", "ok").completed();
                })
                .start();
    }

    /** Publishes as fast as the healthy client reads. */
    private static void publishTo(Hub hub, RawClient healthy) throws IOException {
        for (int i = 0; i < EVENTS; i++) {
            hub.publish("control", Event.of(String.valueOf(i)));
            int needed = i - WINDOW;
            healthy.await(() -> healthy.stream().events.size() >= needed, "event " + needed);
        }
        healthy.awaitEvents(EVENTS);
    }

    private static void attack(SseServer server, Random random, AtomicBoolean over) throws IOException {
        List<RawClient> open = new ArrayList<>();
        try {
            while (!over.get()) {
                if (open.size() < CLIENTS_PER_ATTACKER && random.nextInt(3) > 0) {
                    open.add(connect(server, random));
                } else if (!open.isEmpty() && random.nextBoolean()) {
                    leave(open.remove(random.nextInt(open.size())), random);
                } else if (random.nextBoolean()) {
                    publishNoise(server.hub(), random);
                } else {
                    closeSome(server.hub(), random);
                }
            }
        } finally {
            for (RawClient client : open) {
                client.close();
            }
        }
    }

    private static RawClient connect(SseServer server, Random random) throws IOException {
        RawClient client = RawClient.connect(server.port(), random.nextBoolean() ? 1024 : 0);
        try {
            switch (random.nextInt(6)) {
                case 0 -> client.send("GET /source HTTP/1.1\r\nHost: x\r\n"); // half a request
                case 1 -> client.get("/throws");
                case 2 -> client.get("/answer");
                case 3 -> client.get("/mixed");
                default -> client.get("/source");
            }
        } catch (IOException e) {
            client.close();
            throw e;
        }
        return client;
    }

    private static void leave(RawClient client, Random random) throws IOException {
        switch (random.nextInt(3)) {
            case 0 -> client.reset();
            case 1 -> client.finish().close();
            default -> client.close();
        }
    }

    private static void publishNoise(Hub hub, Random random) {
        int events = random.nextInt(50);
        for (int i = 0; i < events; i++) {
            hub.publish("noise/" + random.nextInt(50), Event.of("x".repeat(random.nextInt(2_000))));
        }
    }

    /** Closes streams as an operator does. */
    private static void closeSome(Hub hub, Random random) {
        List<SinkInfo> sinks = TestServers.sinks(hub);
        for (SinkInfo sink : sinks) {
            if (random.nextInt(8) == 0 && !sink.topics().contains("control")) {
                sink.sink().close(CloseReason.SERVER_DRAINING);
            }
        }
    }

    private static final class HostileObserver implements Observer {

        private final AtomicLong calls = new AtomicLong();

        private void maybeThrow() {
            long call = calls.incrementAndGet();
            if (call % 3 == 0) {
                HostileSource.throwSomething((int) (call / 3));
            }
        }

        @Override
        public void sinkOpened(Sink sink) {
            maybeThrow();
        }

        @Override
        public void sinkClosed(Sink sink, CloseReason reason) {
            maybeThrow();
        }

        @Override
        public void published(String topic, String id) {
            maybeThrow();
        }

        @Override
        public void gapReported(Sink sink, Gap gap) {
            maybeThrow();
        }
    }
}
