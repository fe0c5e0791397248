package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each sink receives the events of its selector in position order, each at most once per connection; across reconnects
 * exactly the missed ones or a gap; no gap where nothing was missed. Of a topic that conflates, an event may be left out
 * when it was superseded: so the last event of a key that a client reads is the latest, or a gap was said.
 *
 * <p>A random life of a hub, judged by a model that knows only what was published, what each client's parser read, and
 * when an event was no longer kept. {@code -Dsluice.seed=…} repeats one life, {@code -Dsluice.lives=…}
 * lives as many.
 */
class Invariant2OrderAndResumeTest {

    private static final int STEPS = 1500;
    private static final String[] TOPICS = {"a/1", "a/2", "a/3", "b/1", "b/2", "c"};
    private static final String[][] SELECTORS = {
        {"a/1"},
        {"a/1", "b/1"},
        {"a/*"},
        {"a/*", "a/1"},
        {"**"},
        {"c", "b/*"},
        {"*/1", "a/**"},
        {"a/1", "a/2", "b/1", "c"}
    };

    static LongStream seeds() {
        String given = System.getProperty("sluice.seed");
        long first = System.nanoTime() & 0xFFFFFF;
        return given != null
                ? LongStream.of(Long.parseLong(given))
                : LongStream.range(first, first + Integer.getInteger("sluice.lives", 16));
    }

    @ParameterizedTest(name = "sluice.seed={0}")
    @MethodSource("seeds")
    void aRandomLife(long seed) {
        try {
            new Life(seed).live();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("repeat with -Dsluice.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private static final String[][] CONFLATED = {{}, {}, {"a/*"}, {"c", "a/1"}, {"**"}};

    /** What was published: position is the index + 1. */
    private static final class Told {
        final String topic;
        final String data;
        final String key;
        final long publishedAt;
        final boolean inBatch;
        long evictedAt = -1;
        /** The next of the same topic and key, where the topic conflates. */
        Told newer;

        Told(String topic, String data, String key, long publishedAt, boolean inBatch) {
            this.topic = topic;
            this.data = data;
            this.key = key;
            this.publishedAt = publishedAt;
            this.inBatch = inBatch;
        }

        boolean isEvicted() {
            return evictedAt >= 0;
        }

        /** Whether it went because a newer one had come: then nobody misses it. */
        boolean wentSuperseded() {
            return isEvicted() && newer != null && newer.publishedAt <= evictedAt;
        }

        /** Whether it went, and surely not because of a newer one; of a batch nobody knows what came first. */
        boolean wentMissed() {
            return isEvicted()
                    && (newer == null
                            || newer.publishedAt > evictedAt
                            || (newer.publishedAt == evictedAt && newer.inBatch));
        }
    }

    private static final class Life {
        final Random random;
        final OverflowPolicy policy;
        final Bench bench;
        final List<Told> told = new ArrayList<>();
        final Map<String, List<Integer>> kept = new HashMap<>();
        final Map<String, Told> latest = new HashMap<>();
        final Map<String, OverflowPolicy> policies = new HashMap<>();
        final List<TopicPattern> conflated = new ArrayList<>();
        final List<Client> clients = new ArrayList<>();
        long step;
        int chosen;

        Life(long seed) {
            random = new Random(seed);
            policy = OverflowPolicy.values()[random.nextInt(3)];
            int events = 1 + random.nextInt(random.nextBoolean() ? 4 : 60);
            long bytes = random.nextInt(4) == 0 ? 2_000 : 1 << 20;
            long total = random.nextInt(4) == 0 ? 5_000 : 4 << 20;
            Duration age = Duration.ofMillis(random.nextInt(3) == 0 ? 50 : 60_000);
            for (String pattern : CONFLATED[random.nextInt(CONFLATED.length)]) {
                conflated.add(TopicPattern.of(pattern));
            }
            int keys = 1 + random.nextInt(random.nextBoolean() ? 3 : 50);
            long tableBytes = random.nextInt(4) == 0 ? 1_000 : 1 << 20;
            for (String topic : TOPICS) {
                policies.put(topic, random.nextBoolean() ? policy : anyPolicy());
            }
            LaneOptions lane = Bench.QUIET.withHeartbeat(Duration.ofMillis(random.nextBoolean() ? 0 : 300));
            bench = new Bench(
                    options -> {
                        options.historyEvents(events)
                                .historyBytes(bytes)
                                .historyTotalBytes(total)
                                .historyAge(age)
                                .conflationKeys(keys)
                                .conflationBytes(tableBytes)
                                .overflow(policy);
                        policies.forEach(options::overflow);
                        conflated.forEach(pattern -> options.conflate(pattern.toString()));
                    },
                    1 + random.nextInt(2),
                    lane);
            int count = 3 + random.nextInt(60);
            for (int i = 0; i < count; i++) {
                clients.add(new Client(this, i));
            }
        }

        void live() {
            for (; step < STEPS; step++) {
                act();
                noteEvictions();
            }
            for (ManualLane lane : bench.lanes) {
                lane.nanosPerLook(0);
            }
            for (int round = 0; round < 4; round++) {
                step++;
                for (Client client : clients) {
                    client.comeBackAndRead();
                }
                bench.run();
                noteEvictions();
            }
            clients.forEach(Client::assertHasAll);
            bench.close();
        }

        private void act() {
            switch (random.nextInt(14)) {
                case 0, 1, 2, 3 -> publish();
                case 4 -> publishBatch();
                case 5, 6, 7 ->
                    bench.lanes.get(random.nextInt(bench.lanes.size())).runOne();
                case 8 -> bench.run();
                case 9 -> anyClient().stall();
                case 10 -> anyClient().readSome();
                case 11 -> anyClient().cut();
                case 12 -> {
                    for (int i = 0; i < 4; i++) {
                        anyClient().connect();
                    }
                }
                default -> {
                    for (ManualLane lane : bench.lanes) {
                        lane.nanosPerLook(random.nextBoolean() ? 0 : 5_000_000);
                    }
                    bench.nowNanos += random.nextInt(30_000_000);
                    if (random.nextInt(4) == 0) {
                        bench.advance(random.nextInt(400_000_000));
                    }
                }
            }
        }

        Client anyClient() {
            return clients.get(random.nextInt(clients.size()));
        }

        private OverflowPolicy anyPolicy() {
            return OverflowPolicy.values()[random.nextInt(3)];
        }

        private Publication make(boolean inBatch) {
            String topic = TOPICS[random.nextInt(TOPICS.length)];
            int size = random.nextInt(20) == 0 ? random.nextInt(40_000) : random.nextInt(100);
            String data = told.size() + 1 + ":" + "x".repeat(size);
            int index = told.size();
            String key = random.nextInt(5) == 0 ? null : "k" + random.nextInt(6);
            Told made = new Told(topic, data, key, step, inBatch);
            told.add(made);
            kept.computeIfAbsent(topic, t -> new ArrayList<>()).add(index);
            Event.Builder event = Event.builder().data(data);
            if (key != null) {
                event.key(key);
                if (conflated.stream().anyMatch(pattern -> pattern.matches(topic))) {
                    Told older = latest.put(topic + " " + key, made);
                    if (older != null) {
                        older.newer = made;
                    }
                }
            }
            if (random.nextInt(25) == 0) {
                event.id("chosen-" + chosen++);
            }
            return new Publication(topic, event.build());
        }

        private void publish() {
            Publication publication = make(false);
            bench.publish(publication.topic(), publication.event());
        }

        private void publishBatch() {
            List<Publication> batch = new ArrayList<>();
            for (int i = random.nextInt(8); i >= 0; i--) {
                batch.add(make(true));
            }
            bench.hub.publishAll(batch).toCompletableFuture().join();
        }

        /** Looks into rings and tables for what has gone since the last step. */
        private void noteEvictions() {
            bench.hub.log().locked(() -> {
                for (String name : TOPICS) {
                    Set<Long> there = new HashSet<>();
                    Topic topic = bench.hub.log().topics.find(name);
                    if (topic != null) {
                        topic.log.fromNewest(entry -> there.add(entry.position));
                        topic.log.assertValid();
                    }
                    kept.getOrDefault(name, new ArrayList<>()).removeIf(index -> {
                        if (there.contains(index + 1L)) {
                            return false;
                        }
                        told.get(index).evictedAt = step;
                        return true;
                    });
                }
                return null;
            });
        }
    }

    private static final class Client implements FakeSink.Ear {
        final Life life;
        final int number;
        final String[] terms;
        final Selector selector;
        final OverflowPolicy own;
        FakeSink sink;
        String lastId;
        /** Everything of the selector up to here was read, or missed and said so. */
        long has;
        /** A gap was read and no event since. */
        boolean gap;

        long gapWrittenAt;
        long writtenAt;
        long mayMissUpTo;

        Client(Life life, int number) {
            this.life = life;
            this.number = number;
            this.terms = SELECTORS[life.random.nextInt(SELECTORS.length)];
            this.own = life.random.nextInt(4) == 0 ? life.anyPolicy() : null;
            this.selector =
                    own == null ? Selector.of(terms) : Selector.of(terms).withOverflow(own);
        }

        boolean wants(String topic) {
            return selector.topics().contains(topic)
                    || selector.patterns().stream().anyMatch(pattern -> pattern.matches(topic));
        }

        void connect() {
            if (sink != null && sink.ended == null) {
                return;
            }
            noteSlowConsumer();
            Bench bench = life.bench;
            sink = new FakeSink(bench.hubLanes.get(life.random.nextInt(bench.hubLanes.size())), null);
            sink.ear = this;
            sink.moment = () -> life.step;
            Start start;
            if (lastId != null) {
                start = Start.after(lastId);
            } else if (life.random.nextInt(3) == 0) {
                int replay = 1 + life.random.nextInt(20);
                start = Start.replay(replay);
                has = beforeLastKept(replay);
                gap = true; // what is evicted already was not asked for
                gapWrittenAt = life.step;
                mayMissUpTo = life.told.size();
            } else {
                start = Start.live();
                has = bench.hub.log().head();
            }
            bench.open(sink, start, selector);
        }

        private long beforeLastKept(int replay) {
            return life.bench.hub.log().locked(() -> {
                life.bench.hub.log().topicsForReading();
                life.noteEvictions();
                int left = replay;
                long first = life.bench.hub.log().head() + 1;
                for (int i = life.told.size() - 1; i >= 0 && left > 0; i--) {
                    Told event = life.told.get(i);
                    if (wants(event.topic) && !event.isEvicted()) {
                        left--;
                        first = i + 1;
                    }
                }
                return first - 1;
            });
        }

        void stall() {
            if (sink != null) {
                onLane(() -> sink.stall(1 + life.random.nextInt(3000)));
            }
        }

        void readSome() {
            if (sink != null) {
                if (life.random.nextBoolean()) {
                    onLane(() -> sink.read());
                } else {
                    onLane(() -> sink.readSome(1 + life.random.nextInt(3)));
                }
            }
        }

        void cut() {
            if (sink != null && sink.ended == null) {
                onLane(() -> sink.close(CloseReason.RESET));
            }
        }

        void comeBackAndRead() {
            connect();
            onLane(() -> sink.read());
        }

        private void onLane(Runnable work) {
            ((ManualLane) sink.hubLane().lane()).run(work);
        }

        /** Only somebody who has missed something is disconnected. */
        private void noteSlowConsumer() {
            if (sink != null && sink.ended == CloseReason.SLOW_CONSUMER) {
                assertThat(mayMeet(OverflowPolicy.DISCONNECT))
                        .as("client %s was disconnected, against its policy", number)
                        .isTrue();
                assertThat(anyMissed(has))
                        .as("client %s was disconnected and had missed nothing", number)
                        .isTrue();
            }
        }

        private boolean mayMeet(OverflowPolicy policy) {
            return own != null
                    ? own == policy
                    : life.policies.entrySet().stream()
                            .anyMatch(each -> each.getValue() == policy && wants(each.getKey()));
        }

        private boolean anyMissed(long behind) {
            for (int i = (int) behind; i < life.told.size(); i++) {
                if (wants(life.told.get(i).topic) && life.told.get(i).wentMissed()) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void writtenAt(long moment) {
            writtenAt = moment;
        }

        @Override
        public void onId(String id) {
            lastId = id;
        }

        @Override
        public void onEvent(FakeSink.Received event) {
            if (event.type().equals("gap")) {
                onGap(event);
                return;
            }
            long position =
                    Long.parseLong(event.data().substring(0, event.data().indexOf(':')));
            Told published = life.told.get((int) position - 1);
            assertThat(event.data()).isEqualTo(published.data);
            assertThat(wants(published.topic))
                    .as("client %s got %s", number, published.topic)
                    .isTrue();
            assertThat(position).as("client %s got an event again", number).isGreaterThan(has);
            assertNothingMissed(position);
            has = position;
            if (position >= mayMissUpTo) {
                gap = false;
            }
        }

        private void onGap(FakeSink.Received event) {
            long resume = life.bench.hub.sequencer().positionOf(event.lastEventId());
            // Where the reason is "unknown", nobody knows what the client has seen.
            if (!event.data().contains("\"unknown\"")) {
                life.noteEvictions();
                assertThat(anyMissed(has))
                        .as("client %s was told a gap behind %s and had missed nothing: %s", number, has, event)
                        .isTrue();
                assertNothingMissedButEvictedOrSkipped(resume);
            }
            has = resume;
            gap = true;
            gapWrittenAt = writtenAt;
            mayMissUpTo = life.told.size();
        }

        private void assertNothingMissedButEvictedOrSkipped(long resume) {
            for (long p = has + 1; p <= resume; p++) {
                Told event = life.told.get((int) p - 1);
                if (wants(event.topic) && !event.isEvicted()) {
                    assertThat(mayMeet(OverflowPolicy.LATEST))
                            .as("client %s skipped %s, against its policy", number, p)
                            .isTrue();
                }
            }
        }

        /** Between what it has and {@code next} there was nothing of its selector, but for what a gap has said. */
        private void assertNothingMissed(long next) {
            for (long p = has + 1; p < next; p++) {
                Told event = life.told.get((int) p - 1);
                if (!wants(event.topic)) {
                    continue;
                }
                if (!event.isEvicted()) {
                    life.noteEvictions();
                }
                if (event.wentSuperseded()) {
                    continue;
                }
                boolean said = gap && event.isEvicted() && event.evictedAt <= gapWrittenAt;
                assertThat(said)
                        .as(
                                "client %s %s missed %s of %s without a word, evicted at %s, gap %s said at %s, now %s",
                                number, List.of(terms), p, event.topic, event.evictedAt, gap, gapWrittenAt, life.step)
                        .isTrue();
            }
        }

        void assertHasAll() {
            assertThat(sink.ended).as("client %s", number).isNull();
            assertNothingMissed(life.told.size() + 1L);
        }
    }
}
