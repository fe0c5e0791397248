package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.LoggedEvent;
import io.sluice.sse.test.ManualLane;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which client gets which event, and in which form. Clients with random selectors, filters, envelopes and identities
 * stall, leave, reconnect, subscribe and unsubscribe, while events are published to several topics and for some
 * recipients. Nothing is evicted here, so the model is short: the topics and recipients of each event, and the
 * subscriptions of each client with their positions. Every client's parser must have read exactly what follows from
 * these, in order.
 *
 * <p>{@code -Dsluice.seed=…} repeats one run, {@code -Dsluice.lives=…} sets the number of runs.
 */
class RoutingLifeTest {

    private static final int STEPS = 400;
    private static final String[] TOPICS = {"a/1", "a/2", "b/1", "b/2", "c"};
    private static final String[][] TERMS = {
        {"a/1"}, {"a/1", "b/1"}, {"a/*"}, {"a/*", "a/1"}, {"**"}, {"c", "b/*"}, {"*/1", "a/**"}, {"c"}
    };
    private static final Identity[] IDENTITIES = {
        Identity.UNKNOWN,
        Identity.of("ann"),
        Identity.of("ann", "ops"),
        Identity.of("bob", "ops", "dev"),
        new Identity(null, Set.of("dev"))
    };

    /** Filters that decide by the number at the start of the data, or by the topic. One throws. */
    private static final EventFilter[] FILTERS = {
        event -> number(event.event()) % 2 == 0,
        event -> number(event.event()) % 7 == 3,
        event -> event.topic().startsWith("a/"),
        event -> event.topic().equals("b/1"),
        event -> false,
        event -> {
            if (number(event.event()) % 3 == 0) {
                throw new IllegalStateException("thrown by the test");
            }
            return true;
        }
    };

    static LongStream seeds() {
        String given = System.getProperty("sluice.seed");
        long first = System.nanoTime() & 0xFFFFFF;
        return given != null
                ? LongStream.of(Long.parseLong(given))
                : LongStream.range(first, first + Integer.getInteger("sluice.lives", 24));
    }

    @ParameterizedTest(name = "sluice.seed={0}")
    @MethodSource("seeds")
    void aRandomLife(long seed) {
        try (LogLines quiet = LogLines.of(Hub.class)) {
            new Life(seed).live();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("repeat with -Dsluice.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private static int number(Event event) {
        String data = String.valueOf(event.data());
        return Integer.parseInt(data.substring(0, data.indexOf(':')));
    }

    /** What was published: position is the index + 1. */
    private record PublishedEvent(Set<String> topics, String data, Recipients recipients) {}

    /** A subscription of a client, from after {@code since} up to {@code until}. */
    private static final class Subscribed {
        final Selector selector;
        final long since;
        long until = Long.MAX_VALUE;
        Subscription subscription;

        Subscribed(Selector selector, long since) {
            this.selector = selector;
            this.since = since;
        }

        /** The form in which this subscription delivers an event of a topic, or null. */
        String form(PublishedEvent event, long position, String topic) {
            if (position <= since || position > until) {
                return null;
            }
            boolean named = selector.topics().contains(topic)
                    || selector.patterns().stream().anyMatch(pattern -> pattern.matches(topic));
            if (!named || !accepts(topic, event)) {
                return null;
            }
            return selector.isEnveloped()
                    ? "{\"topic\":\"" + topic + "\",\"data\":\"" + event.data + "\"}"
                    : event.data;
        }

        private boolean accepts(String topic, PublishedEvent event) {
            EventFilter filter = selector.filter();
            if (filter == null) {
                return true;
            }
            try {
                return filter.accepts(
                        new LoggedEvent(new LogEntry(0, 0, topic, ("data: " + event.data + "\n\n").getBytes())));
            } catch (IllegalStateException e) {
                return false;
            }
        }
    }

    private static final class Life {
        final Random random;
        final HubFixture bench;
        final List<PublishedEvent> published = new ArrayList<>();
        final List<Client> clients = new ArrayList<>();

        Life(long seed) {
            random = new Random(seed);
            LaneOptions lane = HubFixture.QUIET.withHeartbeat(Duration.ofMillis(random.nextBoolean() ? 0 : 300));
            long budget = random.nextInt(3) == 0 ? 20_000 : 64 << 20;
            bench = new HubFixture(
                    options -> options.historyEvents(100_000)
                            .historyBytes(1L << 30)
                            .historyTotalBytes(1L << 30)
                            .catchUpBytes(Math.max(budget, 128 << 10)),
                    1 + random.nextInt(2),
                    lane);
            for (int i = 3 + random.nextInt(40); i > 0; i--) {
                clients.add(new Client(this, clients.size()));
            }
        }

        void live() {
            for (int step = 0; step < STEPS; step++) {
                act();
            }
            for (ManualLane lane : bench.lanes) {
                lane.nanosPerLook(0);
            }
            clients.forEach(Client::comeBackAndRead);
            bench.run();
            clients.forEach(Client::comeBackAndRead);
            bench.run();
            clients.forEach(Client::assertHasAll);
            bench.close();
        }

        private void act() {
            Client client = clients.get(random.nextInt(clients.size()));
            switch (random.nextInt(14)) {
                case 0, 1, 2, 3 -> publish(1);
                case 4 -> publish(1 + random.nextInt(20));
                case 5, 6, 7 ->
                    bench.lanes.get(random.nextInt(bench.lanes.size())).runOne();
                case 8 -> bench.run();
                case 9 -> client.stall();
                case 10 -> client.readSome();
                case 11 -> client.cutOrConnect();
                case 12 -> client.subscribeOrUnsubscribe();
                default -> {
                    for (ManualLane lane : bench.lanes) {
                        lane.nanosPerLook(random.nextBoolean() ? 0 : 5_000_000);
                    }
                    if (random.nextInt(4) == 0) {
                        bench.advance(random.nextInt(400_000_000));
                    }
                }
            }
        }

        private void publish(int count) {
            List<Publication> batch = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Set<String> topics = new TreeSet<>();
                for (int n = 1 + random.nextInt(random.nextInt(3) == 0 ? 3 : 1); n > 0; n--) {
                    topics.add(TOPICS[random.nextInt(TOPICS.length)]);
                }
                int size = random.nextInt(20) == 0 ? random.nextInt(20_000) : random.nextInt(60);
                String data = published.size() + 1 + ":" + "x".repeat(size);
                Recipients recipients = anyRecipients();
                published.add(new PublishedEvent(topics, data, recipients));
                batch.add(Publication.of(Event.of(data), topics).to(recipients));
            }
            bench.hub.publishAll(batch).toCompletableFuture().join();
        }

        private Recipients anyRecipients() {
            Client one = clients.get(random.nextInt(clients.size()));
            String id = one.sink == null ? "none" : one.sink.id();
            return switch (random.nextInt(10)) {
                case 0 -> Recipients.principal(random.nextBoolean() ? "ann" : "bob");
                case 1 -> Recipients.group(random.nextBoolean() ? "ops" : "dev");
                case 2 -> Recipients.client(id);
                case 3 -> Recipients.except(id);
                default -> Recipients.everybody();
            };
        }

        Selector anySelector() {
            Selector selector = Selector.of(TERMS[random.nextInt(TERMS.length)]);
            if (random.nextInt(3) == 0) {
                selector = selector.filtered(FILTERS[random.nextInt(FILTERS.length)]);
            }
            return random.nextInt(4) == 0 ? selector.withEnvelope() : selector;
        }
    }

    private static final class Client implements FakeSink.StreamListener {
        final Life life;
        final int number;
        final Identity identity;
        final Selector selector;
        FakeSink sink;
        String lastId;
        final List<Subscribed> subscribed = new ArrayList<>();
        final Map<Long, String> read = new LinkedHashMap<>();
        long has;

        Client(Life life, int number) {
            this.life = life;
            this.number = number;
            this.identity = IDENTITIES[life.random.nextInt(IDENTITIES.length)];
            this.selector = life.anySelector();
        }

        private long head() {
            return HubTestAccess.log(life.bench.hub).head();
        }

        void cutOrConnect() {
            if (sink == null || sink.endReason() != null) {
                connect();
            } else {
                onLane(() -> sink.close(CloseReason.RESET));
            }
        }

        private void connect() {
            HubFixture bench = life.bench;
            sink = new FakeSink(bench.hubLanes.get(life.random.nextInt(bench.hubLanes.size())), null);
            sink.identity(identity);
            sink.listener = this;
            subscribed.clear();
            read.clear();
            has = lastId == null
                    ? head()
                    : HubTestAccess.core(bench.hub).sequencer().positionOf(lastId);
            subscribed.add(new Subscribed(selector, has));
            bench.open(sink, lastId == null ? StartPosition.live() : StartPosition.after(lastId), selector);
            subscribed.get(0).subscription = sink.state().requireSelection().first();
        }

        void stall() {
            if (isOpen()) {
                onLane(() -> sink.stall(1 + life.random.nextInt(3000)));
            }
        }

        void readSome() {
            if (isOpen()) {
                onLane(() -> sink.readFrames(life.random.nextBoolean() ? 1000 : 1 + life.random.nextInt(3)));
            }
        }

        /** Waits until the change takes effect, because the model needs its position. */
        void subscribeOrUnsubscribe() {
            if (!isOpen()) {
                return;
            }
            if (subscribed.size() > 1 && life.random.nextBoolean()) {
                Subscribed less = subscribed.get(1 + life.random.nextInt(subscribed.size() - 1));
                if (less.until == Long.MAX_VALUE) {
                    less.until = -1;
                    onLane(() -> less.subscription.cancel().thenRun(() -> less.until = lastPosition()));
                    life.bench.run();
                }
            } else if (subscribed.size() < 5) {
                onLane(() -> sink.subscribe(life.anySelector()).thenAccept(begun -> {
                    Subscribed more = new Subscribed(begun.selector(), head());
                    more.subscription = begun;
                    subscribed.add(more);
                }));
                life.bench.run();
            }
        }

        /** The position up to which events had been written to the client. */
        private long lastPosition() {
            return sink.state().isBehind() ? sink.state().position() : sink.hubLane().position;
        }

        private boolean isOpen() {
            return sink != null && sink.endReason() == null;
        }

        void comeBackAndRead() {
            if (!isOpen()) {
                connect();
            }
            onLane(() -> sink.read());
        }

        private void onLane(Runnable work) {
            ((ManualLane) sink.hubLane().lane()).run(work);
        }

        @Override
        public void onId(String id) {
            lastId = id;
        }

        @Override
        public void onEvent(ReceivedEvent event) {
            assertThat(event.type()).as("client %s: %s", number, event).isEqualTo("message");
            long position = HubTestAccess.core(life.bench.hub).sequencer().positionOf(event.lastEventId());
            assertThat(position).as("client %s got an event again", number).isGreaterThan(has);
            has = position;
            read.put(position, event.data());
        }

        void assertHasAll() {
            assertThat(sink.endReason()).isNull();
            Map<Long, String> due = new LinkedHashMap<>();
            for (int i = 0; i < life.published.size(); i++) {
                PublishedEvent event = life.published.get(i);
                long position = i + 1L;
                if (event.recipients.include(sink)) {
                    // Of several topics the first by name counts; of several subscriptions, the earliest.
                    event.topics.stream()
                            .flatMap(topic -> subscribed.stream().map(each -> each.form(event, position, topic)))
                            .filter(form -> form != null)
                            .findFirst()
                            .ifPresent(form -> due.put(position, form));
                }
            }
            assertThat(read.keySet()).as("client %s, positions", number).containsExactlyElementsOf(due.keySet());
            assertThat(read).as("client %s", number).isEqualTo(due);
            assertThat(sink.state().delivered()).isEqualTo(due.size());
        }
    }
}
