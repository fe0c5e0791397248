package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/** Design, invariant 2: across reconnects with Last-Event-ID each event arrives once and in order, or a gap is sent. */
class Invariant2ReconnectTest {

    private static final int EVENTS = 10_000;

    /** Over the transports and protocols that are not the default. */
    private static final int FEWER_EVENTS = 3_000;

    private static final String[] TOPICS = {"a", "b", "rooms/1", "rooms/2"};

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private int events = EVENTS;

    @OverEachProtocol
    void eachEventOnceAndInOrderHoweverOftenTheClientReconnects(Transport transport, ClientProtocol protocol)
            throws Exception {
        System.out.println("sluice.seed=" + seed);
        events = transport == Transport.EPOLL && protocol == ClientProtocol.H1 ? EVENTS : FEWER_EVENTS;
        ExecutorService threads = Executors.newCachedThreadPool();
        ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
        try (Hub hub = Hub.builder().historyEvents(20_000).build();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams("/events/**", StreamRoute.anyTopics())
                        .start()) {
            List<Client> clients = List.of(
                    new Client(protocol, server, "/events/a", 1, i -> i % 4 == 0),
                    new Client(protocol, server, "/events/rooms/1", 2, i -> i % 4 == 2),
                    new Client(protocol, server, "/events/?topic=a&topic=b", 3, i -> i % 4 < 2),
                    new Client(protocol, server, "/events/rooms/*?topic=b", 4, i -> i % 4 != 0),
                    new Client(protocol, server, "/events/**?topic=a", 5, i -> true));
            List<Future<List<String>>> received = new ArrayList<>();
            for (Client client : clients) {
                client.reconnect();
                received.add(threads.submit(client::receiveAll));
            }
            Publisher publisher = new Publisher(hub, new Random(seed), clients, events);
            pace.scheduleAtFixedRate(publisher, 0, 1, TimeUnit.MILLISECONDS);
            int reconnects = 0;
            for (int i = 0; i < clients.size(); i++) {
                assertThat(received.get(i).get(180, TimeUnit.SECONDS))
                        .as("sluice.seed=" + seed + ", " + clients.get(i).path)
                        .containsExactlyElementsOf(clients.get(i).expected());
                reconnects += clients.get(i).reconnects;
            }
            assertThat(reconnects).as("reconnects").isGreaterThan(5); // how many depends on the machine
            assertThat(hub.stats().gaps()).isZero();
            TestServers.awaitNothingOwned(hub);
        } finally {
            threads.shutdownNow();
            pace.shutdownNow();
        }
    }

    /**
     * Publishes in bursts, so that passes of one event and of many occur. It never runs far ahead of the slowest
     * client, so that clients can miss events during the whole test, however fast the machine is.
     */
    private record Publisher(Hub hub, Random random, List<Client> clients, int events, AtomicInteger next)
            implements Runnable {
        Publisher(Hub hub, Random random, List<Client> clients, int events) {
            this(hub, random, clients, events, new AtomicInteger());
        }

        @Override
        public void run() {
            int slowest = clients.stream().mapToInt(client -> client.seen).min().orElseThrow();
            if (next.get() - slowest > 400) {
                return;
            }
            for (int burst = random.nextInt(15); burst > 0 && next.get() < events; burst--) {
                int i = next.getAndIncrement();
                hub.publish(TOPICS[i % 4], Event.of(Integer.toString(i)));
            }
        }
    }

    private final class Client {
        private final ClientProtocol protocol;
        private final SseServer server;
        private final String path;
        private final Random random;
        private final IntPredicate wants;
        private final List<String> got = new ArrayList<>();
        private String lastEventId = "";
        private StreamClient connection;
        private int reconnects = -1;
        /** The number of the newest event that the client has received. */
        private volatile int seen;

        Client(ClientProtocol protocol, SseServer server, String path, int number, IntPredicate wants) {
            this.protocol = protocol;
            this.server = server;
            this.path = path;
            this.random = new Random(seed + number);
            this.wants = wants;
        }

        List<String> expected() {
            List<String> all = new ArrayList<>();
            for (int i = 0; i < events; i++) {
                if (wants.test(i)) {
                    all.add(Integer.toString(i));
                }
            }
            return all;
        }

        void reconnect() throws IOException {
            connection = lastEventId.isEmpty()
                    ? protocol.open(server, path)
                    : protocol.get(server, path, "Last-Event-ID: " + lastEventId);
            reconnects++;
        }

        List<String> receiveAll() throws IOException {
            int wanted = expected().size();
            while (true) {
                RawStream stream = connection.stream();
                // Sometimes the client does not even wait for the first block.
                int patience = random.nextInt(100) - 1;
                for (int i = 0;
                        i < patience && stream.events.size() < patience && got.size() + stream.events.size() < wanted;
                        i++) {
                    connection.read(Duration.ofMillis(20));
                    if (!stream.events.isEmpty()) {
                        seen = Integer.parseInt(
                                stream.events.get(stream.events.size() - 1).data());
                    }
                }
                got.addAll(stream.data());
                if (got.size() >= wanted) {
                    seen = events;
                }
                lastEventId = stream.lastEventId().isEmpty() ? lastEventId : stream.lastEventId();
                if (got.size() >= wanted) {
                    connection.close();
                    return got;
                }
                if (random.nextBoolean()) {
                    connection.reset();
                }
                connection.close();
                reconnect();
            }
        }
    }

    @OverEachProtocol
    void aClientThatHasSeenEverythingGetsNoGapWhateverWasEvictedSince(Transport transport, ClientProtocol protocol)
            throws IOException {
        try (Hub hub = Hub.builder().historyEvents(10).build();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams("/events/**", StreamRoute.anyTopics())
                        .start()) {
            String id;
            try (StreamClient client = protocol.open(server, "/events/quiet?topic=a")) {
                hub.publish("a", Event.of("1"));
                client.awaitEvents(1);
                id = client.stream().lastEventId();
            }
            for (int i = 0; i < 1000; i++) {
                hub.publish("other", Event.of("evicts"));
            }
            try (StreamClient client = protocol.open(server, "/events/quiet?topic=a", "Last-Event-ID: " + id)) {
                hub.publish("a", Event.of("2"));
                client.awaitEvents(1);
                assertThat(client.stream().data()).containsExactly("2");
            }
            for (int i = 0; i < 11; i++) {
                hub.publish("a", Event.of("more"));
            }
            try (StreamClient client = protocol.open(server, "/events/quiet?topic=a", "Last-Event-ID: " + id)) {
                client.awaitEvents(11);
                assertThat(client.stream().events.get(0).type()).isEqualTo("gap");
                assertThat(client.stream().events).hasSize(11);
            }
        }
    }

    @OverEachProtocol
    void aClientThatIsCutBeforeItsFirstEventLosesNothing(Transport transport, ClientProtocol protocol)
            throws IOException {
        try (SseServer server = protocol.on(transport).start()) {
            String id;
            try (StreamClient client = protocol.open(server, "/events/a")) {
                id = client.stream().lastEventId();
            }
            server.hub().publish("a", Event.of("between"));
            try (StreamClient client = protocol.open(server, "/events/a?lastEventId=" + id)) {
                client.awaitEvents(1);
                assertThat(client.stream().data()).containsExactly("between");
            }
        }
    }
}
