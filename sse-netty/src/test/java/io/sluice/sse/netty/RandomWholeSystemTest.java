package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.SinkInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Random steps of a whole system over real sockets: clients of every kind connect and leave, publishers publish, an
 * operator closes streams, and the server drains and restarts on the same hub. Every few steps the test waits until the
 * system is idle and compares it with a model ({@link PublishedEvents}, {@link ModelClient}).
 *
 * <p>{@code -Dsluice.seed=…} repeats the steps of a run, {@code -Dsluice.steps=…} makes it longer. Each step has
 * its own random generator, so that the timing of the network does not change later steps.
 */
class RandomWholeSystemTest {

    private static final int CLIENTS = 12;
    private static final int PERMITS = 40;
    private static final int STEPS_BETWEEN_CHECKS = 8;
    private static final int LARGE = 8 * 1024;
    /** The high-water mark, one frame, and the overhead of Netty for each write. */
    private static final long MOST_PENDING = 128 * 1024;

    private final long seed = Long.getLong("sluice.seed", System.nanoTime() & 0xFFFFFFFL);
    private final int steps = Integer.getInteger("sluice.steps", 600);

    @OverEachTransport
    void aRandomRunMatchesTheModel(Transport transport) throws Exception {
        System.out.println(transport + " sluice.seed=" + seed);
        int descriptors = TestServers.openDescriptors();
        ExecutorService threads = Executors.newCachedThreadPool();
        Run run = new Run(transport, threads);
        try {
            run.runAll();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    "repeat with -Dsluice.seed=%d; over %s, step by step: %s; %s"
                            .formatted(seed, transport, run.history, e.getMessage()),
                    e);
        } finally {
            run.end();
            threads.shutdownNow();
        }
        await("descriptors closed")
                .untilAsserted(() -> assertThat(TestServers.openDescriptors()).isLessThanOrEqualTo(descriptors + 10));
    }

    private final class Run {
        final Transport transport;
        final ExecutorService threads;
        final SinkRecorder ends = new SinkRecorder();
        final OverflowPolicy policy;
        final Hub hub;
        final PublishedEvents published;
        final List<ModelClient> clients = new ArrayList<>();
        final List<String> history = new ArrayList<>();
        /** The ports of clients that left since the last check, with the allowed reasons of their sinks. */
        final Map<Integer, Set<CloseReason>> left = new HashMap<>();

        SseServer server;

        Run(Transport transport, ExecutorService threads) throws IOException {
            this.transport = transport;
            this.threads = threads;
            Random random = new Random(seed);
            policy = OverflowPolicy.values()[random.nextInt(OverflowPolicy.values().length)];
            int keep = random.nextBoolean() ? 10 + random.nextInt(60) : 2000;
            hub = Hub.builder()
                    .historyEvents(keep)
                    .historyBytes(1L << 30)
                    .historyTotalBytes(1L << 31)
                    .overflow(policy)
                    .observer(ends)
                    .build();
            ends.watch(hub);
            published = new PublishedEvents(hub, keep);
            published.publishToAll();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new ModelClient(i, published, policy));
            }
            history.add(policy + " keeping " + keep + ", compression " + Compression.values()[(int) (seed % 3)]);
            startServer();
        }

        private void startServer() throws IOException {
            server = TestServers.on(transport)
                    .hub(hub)
                    .streams("/events/**", StreamRoute.anyTopics())
                    .maxStreams(PERMITS)
                    .compression(Compression.values()[(int) (seed % 3)])
                    .maxCompressors(CLIENTS / 2)
                    .heartbeat(Duration.ofMillis(seed % 2 == 0 ? 40 : 0))
                    .writeTimeout(Duration.ofMinutes(5))
                    .requestTimeout(Duration.ZERO) // or half a request could expire between two checks
                    .start();
        }

        void runAll() throws Exception {
            for (int step = 0; step < steps; step++) {
                Random random = new Random(seed * 1_000_003 + step);
                step(random);
                if (step % STEPS_BETWEEN_CHECKS == 0) {
                    check();
                }
            }
            for (ModelClient client : clients) {
                if (client.isConnected()) {
                    leave(client, client.number() % 2 == 0);
                }
            }
            check();
            assertAllPermitsAreFree();
        }

        void end() throws Exception {
            for (ModelClient client : clients) {
                if (client.isConnected()) {
                    client.disconnect();
                }
            }
            server.close(Duration.ZERO).toCompletableFuture().get(30, TimeUnit.SECONDS);
            hub.close();
        }

        private void step(Random random) throws Exception {
            ModelClient client = clients.get(random.nextInt(CLIENTS));
            int kind = random.nextInt(100);
            if (kind < 12) {
                did("publish");
                published.publish(random, 1 + random.nextInt(5), random.nextInt(100));
            } else if (kind < 20) {
                did("batch");
                published.publishBatch(random, 1 + random.nextInt(20));
            } else if (kind < 24) {
                did("chosen id");
                published.publishChosen(random);
            } else if (kind < 29) {
                did("publish from threads");
                published.publishFromThreads(random, threads, 20);
            } else if (kind < 33) {
                did("burst");
                published.publish(random, 40, LARGE);
            } else if (kind < 58) {
                connect(client, random);
            } else if (kind < 62) {
                sendHalf(client, random);
            } else if (kind < 72) {
                stallOrRead(client, random);
            } else if (kind < 90) {
                leaveSomehow(client, random);
            } else if (kind < 95) {
                leaveMidReplay(client, random);
            } else if (kind < 98) {
                closeByOperator(client, random);
            } else if (kind < 99) {
                did("check permits");
                check();
                assertAllPermitsAreFree();
            } else {
                restart();
            }
        }

        private void did(String what) {
            history.add(what);
        }

        // ---- clients

        private void connect(ModelClient client, Random random) throws IOException {
            if (!client.isConnected()) {
                did("connect " + client);
                client.connect(server.port(), ends, random);
            }
        }

        private void sendHalf(ModelClient client, Random random) throws IOException {
            if (!client.isConnected()) {
                did("half a request of " + client);
                client.sendHalf(server.port(), ends, random);
            }
        }

        private void stallOrRead(ModelClient client, Random random) {
            if (client.isStreaming()) {
                boolean stall = random.nextBoolean();
                did((stall ? "stall " : "read slowly ") + client);
                if (stall) {
                    client.stall();
                } else {
                    client.readSlowly();
                }
            }
        }

        private void leaveSomehow(ModelClient client, Random random) throws IOException {
            int how = random.nextInt(3);
            if (client.isStreaming() && how == 0) {
                did("FIN of " + client);
                left.put(client.finish(), ModelClient.reasonsToLeave(false, transport));
            } else if (client.isConnected()) {
                leave(client, how == 1);
            }
        }

        private void leave(ModelClient client, boolean wantsReset) throws IOException {
            // Netty's io_uring transport misses an RST directly after half a request; see Invariant3.
            boolean reset = wantsReset && !(client.isHalfSent() && transport == Transport.IO_URING);
            did((reset ? "RST of " : "close of ") + client);
            left.put(client.leave(reset), ModelClient.reasonsToLeave(reset, transport));
        }

        private void leaveMidReplay(ModelClient client, Random random) throws IOException {
            if (!client.isConnected()) {
                did("leave mid-replay " + client);
                client.connect(server.port(), ends, random);
                client.readSlowly();
                boolean reset = random.nextBoolean();
                left.put(client.leave(reset), ModelClient.reasonsToLeave(reset, transport));
            }
        }

        // ---- operators

        private void closeByOperator(ModelClient client, Random random) throws Exception {
            if (!client.isStreaming() || client.isStalled() || !client.catchUp()) {
                return;
            }
            boolean forGood = random.nextBoolean();
            did("operator closes " + client + (forGood ? " for good" : ""));
            HubSink sink = sinkOf(client.port());
            (forGood ? sink.complete(CloseReason.CLOSED_BY_APPLICATION) : sink.close(CloseReason.CLOSED_BY_APPLICATION))
                    .toCompletableFuture()
                    .get(40, TimeUnit.SECONDS);
            client.readToTheEnd();
            assertThat(client.hasEndedOrderly()).as("the last chunk").isTrue();
            left.put(client.port(), Set.of(CloseReason.CLOSED_BY_APPLICATION));
            client.disconnect();
            if (forGood) {
                client.assertIsCompleted(server.port());
            }
        }

        private HubSink sinkOf(int port) {
            return infos().stream()
                    .map(SinkInfo::sink)
                    .filter(sink -> SinkRecorder.port(sink) == port)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no sink for a client that reads"));
        }

        private List<SinkInfo> infos() {
            return TestServers.sinks(hub);
        }

        /**
         * Earlier events reach the clients that read, their streams end with the last chunk, and nothing is left.
         */
        private void restart() throws Exception {
            did("restart");
            check();
            published.publish(new Random(seed), 5, 50);
            var drained = server.close(Duration.ofMillis(100)).toCompletableFuture();
            for (ModelClient client : clients) {
                if (client.isStreaming() && !client.isStalled()) {
                    client.readToTheEnd();
                    assertThat(client.hasAll()).as("%s at the drain", client).isTrue();
                    assertThat(client.hasEndedOrderly())
                            .as("the last chunk for %s", client)
                            .isTrue();
                }
            }
            drained.get(30, TimeUnit.SECONDS);
            for (ModelClient client : clients) {
                if (client.isConnected()) {
                    client.disconnect();
                }
            }
            left.clear();
            TestServers.awaitNothingOwned(hub);
            assertThat(ends.openCount()).isZero();
            startServer();
        }

        // ---- checks while the system is idle

        private void check() {
            for (ModelClient client : clients) {
                if (client.isStreaming() && !client.isStalled() && !client.catchUp()) {
                    assertDisconnected(client);
                }
            }
            await("an idle system")
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(2))
                    .untilAsserted(this::assertAtRest);
            left.forEach((port, reasons) -> {
                CloseReason reason = ends.reason(port);
                // The history may have overtaken the client before the server noticed that it had left.
                boolean overtaken = policy == OverflowPolicy.DISCONNECT && reason == CloseReason.SLOW_CONSUMER;
                assertThat(reason == null || reasons.contains(reason) || overtaken)
                        .as("ended as %s, expected one of %s", reason, reasons)
                        .isTrue();
            });
            left.clear();
            assertThat(ends.wrong()).isNull();
            assertThat(hub.stats().published()).isGreaterThanOrEqualTo(published.count());
        }

        private void assertDisconnected(ModelClient client) {
            int port = client.port();
            await().until(() -> ends.reason(port) != null);
            client.assertMayHaveBeenDisconnected(ends.reason(port));
            try {
                client.disconnect();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private void assertAtRest() {
            List<ModelClient> streaming = new ArrayList<>();
            long half = 0;
            for (ModelClient client : clients) {
                if (client.isStalled() && ends.reason(client.port()) != null) {
                    assertDisconnected(client);
                } else if (client.isStreaming()) {
                    assertThat(ends.isOpen(client.port())).isTrue();
                    streaming.add(client);
                }
                half += client.isHalfSent() ? 1 : 0;
            }
            Map<Ledger.Kind, Long> owned = hub.ledger().counts();
            assertThat(owned.get(Ledger.Kind.SINKS)).isEqualTo(streaming.size());
            assertThat(owned.get(Ledger.Kind.SUBSCRIPTIONS)).isEqualTo(streaming.size());
            assertThat(owned.get(Ledger.Kind.CONNECTIONS)).isEqualTo(streaming.size() + half);
            assertThat(owned.get(Ledger.Kind.TASKS)).isZero();
            assertThat(owned.get(Ledger.Kind.LISTENERS)).isZero();
            assertThat(owned.get(Ledger.Kind.COMPRESSORS)).isLessThanOrEqualTo(2 + CLIENTS / 2); // two lanes
            if (streaming.stream().noneMatch(ModelClient::isStalled)) {
                assertThat(owned.get(Ledger.Kind.BUFFERS)).isZero();
            }
            for (String topic : PublishedEvents.TOPICS) {
                assertThat(hub.subscribers(topic)).isEqualTo((int)
                        streaming.stream().filter(client -> client.wants(topic)).count());
            }
            assertThat(infos()).allMatch(info -> info.pendingBytes() <= MOST_PENDING, "bounded pending bytes");
        }

        /** Opens as many more streams as there are permits, and checks that one more is rejected. */
        private void assertAllPermitsAreFree() throws IOException {
            int free = PERMITS
                    - (int) clients.stream().filter(ModelClient::isStreaming).count();
            List<RawClient> more = new ArrayList<>();
            try {
                for (int i : IntStream.range(0, free).toArray()) {
                    more.add(RawClient.open(server.port(), "/events/place/" + i));
                }
                try (RawClient beyond = RawClient.connect(server.port()).get("/events/place")) {
                    assertThat(beyond.awaitHead().stream().status()).isEqualTo(503);
                }
            } finally {
                for (RawClient one : more) {
                    one.close();
                }
            }
            await("permits released").until(() -> ends.openCount() == PERMITS - free);
        }
    }
}
