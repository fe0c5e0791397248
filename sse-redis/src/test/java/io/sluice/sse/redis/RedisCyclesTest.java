package io.sluice.sse.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Redis is killed, emptied, paused and cut, and nodes come and go, while events are published through all nodes and
 * clients move between them. There are batches, ids that their publisher chose, and topics that end. Between two events
 * of a client without a gap there is no other event, whatever node it was connected to. Faults that lose nothing cause
 * no gap, not even for a client that moves. The nodes evict nothing: after a gap, a
 * client of several topics gets what each of them still has, and the gap stands for what is missing in between. The
 * number of cycles is the property {@code sluice.redis.cycles}, the seed is {@code sluice.redis.seed}.
 */
class RedisCyclesTest {

    private static final Logger log = LoggerFactory.getLogger(RedisCyclesTest.class);
    private static final int CYCLES = Integer.getInteger("sluice.redis.cycles", 5);
    private static final long SEED = Long.getLong("sluice.redis.seed", 20261130L);
    private static final int CLIENTS = 6;
    private static final String[] TOPICS = {"t", "ends/*"};
    /** Begins an id that a publisher chose. */
    private static final String CHOSEN = "chosen-";

    private static final int FAULTS = 5;
    /** The faults after which entries are gone. The other ones must not cause a gap. */
    private static final Set<Integer> LOSING = Set.of(0, 2);

    private final Random random = new Random(SEED);
    private final List<Hub> hubs = new ArrayList<>();
    private final List<MovingClient> clients = new ArrayList<>();
    private final List<CompletionStage<List<Published>>> publications = new ArrayList<>();
    /** All events with ids of the hub that a client or a publisher knows: data by id. */
    private final TreeMap<String, String> all = new TreeMap<>();
    /** The events with chosen ids that follow an event with an id of the hub, up to the next one of those. */
    private final Map<String, List<String>> chosenAfter = new HashMap<>();

    private RedisServer redis;
    private Nodes nodes;
    private int published;

    @Test
    void betweenTwoEventsWithoutAGapThereIsNoOther() throws Exception {
        try (RedisServer started = RedisServer.redis();
                Nodes all = new Nodes(started.uri())) {
            redis = started;
            nodes = all;
            for (int i = 0; i < 3; i++) {
                hubs.add(newNode());
            }
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new MovingClient());
            }
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                load(20);
                String fault = causeFault(cycle);
                load(20);
                Nodes.awaitAvailable(hubs.toArray(Hub[]::new));
                load(20);
                settle(cycle, fault);
                log.info("cycle {}: {}, {} events published", cycle, fault, published);
            }
            clients.forEach(MovingClient::leave);
            check();
        }
    }

    /** Every client gets an event that was published after the fault, so the gaps before it belong to the fault. */
    private void settle(int cycle, String fault) throws Exception {
        String end = "end of cycle " + cycle;
        publishEnd(hubs.get(0), end);
        for (MovingClient client : clients) {
            client.readUntil(end);
            int gaps = client.gaps();
            if (!LOSING.contains(cycle % FAULTS)) {
                assertThat(gaps)
                        .as("seed %d: gaps after the fault \"%s\", which loses nothing", SEED, fault)
                        .isEqualTo(client.gapsBefore);
            }
            client.gapsBefore = gaps;
        }
    }

    /** A node may not have noticed the last fault yet. */
    private static void publishEnd(Hub hub, String data) throws Exception {
        boolean published = false;
        while (!published) {
            Nodes.awaitAvailable(hub);
            try {
                Nodes.get(hub.publish("t", Event.of(data)));
                published = true;
            } catch (ExecutionException e) {
                assertThat(e.getCause()).isInstanceOf(BackplaneException.class);
            }
        }
    }

    private Hub newNode() {
        return nodes.node(options -> {}, hub -> hub.historyEvents(100_000));
    }

    private String causeFault(int cycle) throws Exception {
        int kind = cycle % FAULTS; // each kind in turn, so that few cycles have all
        switch (kind) {
            case 0 -> {
                redis.kill();
                load(10);
                redis.restart();
                return "killed and empty";
            }
            case 1 -> {
                redis.pause();
                load(10);
                Nodes.awaitAway(hubs.get(0));
                redis.resume();
                return "paused";
            }
            case 2 -> {
                redis.commands().flushall();
                return "flushed";
            }
            case 3 -> {
                Hub old = hubs.remove(random.nextInt(hubs.size()));
                clients.stream().filter(client -> client.hub == old).forEach(MovingClient::move);
                old.close();
                hubs.add(newNode());
                return "a node replaced";
            }
            default -> {
                redis.commands()
                        .clientKill(
                                io.lettuce.core.KillArgs.Builder.typeNormal().skipme());
                return "cut";
            }
        }
    }

    /** Publishes through all nodes, lets clients read, and moves some of them. */
    private void load(int steps) {
        for (int step = 0; step < steps; step++) {
            for (int i = random.nextInt(5); i >= 0; i--) {
                Hub hub = hubs.get(random.nextInt(hubs.size()));
                List<Publication> batch = new ArrayList<>();
                for (int size = random.nextInt(4); size >= 0; size--) {
                    batch.add(next(size));
                }
                publications.add(hub.publishAll(batch));
            }
            MovingClient client = clients.get(random.nextInt(clients.size()));
            client.sink.run();
            if (random.nextInt(4) == 0) {
                client.move();
            }
        }
    }

    private Publication next(int kind) {
        String data = "e" + published++;
        if (kind == 3) {
            return new Publication("t", Event.builder().data(data).key("k").build());
        }
        if (kind == 2) {
            String id = CHOSEN + random.nextInt(published); // some of them twice
            return new Publication("t", Event.builder().data(data).id(id).build());
        }
        boolean isEnd = random.nextInt(10) == 0;
        return isEnd ? new Publication("ends/" + data, Event.of(data)).asLast() : new Publication("t", Event.of(data));
    }

    private void check() {
        Awaitility.await("every publication has an outcome")
                .until(() -> publications.stream()
                        .allMatch(each -> each.toCompletableFuture().isDone()));
        for (CompletionStage<List<Published>> publication : publications) {
            CompletableFuture<List<Published>> done = publication.toCompletableFuture();
            if (!done.isCompletedExceptionally()) {
                done.join().stream()
                        .filter(each -> !each.duplicate() && !each.id().startsWith(CHOSEN))
                        .forEach(each -> all.put(each.id(), "published"));
            }
        }
        clients.forEach(client -> client.seen.stream()
                .filter(each -> !each.isGap && !each.isChosen())
                .forEach(each -> {
                    String before = all.put(each.id, each.data);
                    assertThat(before == null || before.equals("published") || before.equals(each.data))
                            .as("seed %d: one id, one event: %s", SEED, each)
                            .isTrue();
                }));
        for (MovingClient client : clients) {
            client.check();
        }
    }

    /** What a client was sent. */
    private record Seen(boolean isGap, String id, String data, int connection) {

        boolean isChosen() {
            return id.startsWith(CHOSEN);
        }
    }

    private final class MovingClient {

        private final List<Seen> seen = new ArrayList<>();
        private Hub hub = hubs.get(random.nextInt(hubs.size()));
        private int connection;
        private int gapsBefore;
        private final Set<Integer> movedWithChosenId = new HashSet<>();
        private RecordingSink sink = RecordingSink.subscribe(hub, TOPICS);

        void move() {
            String last = leave();
            hub = hubs.get(random.nextInt(hubs.size()));
            sink = RecordingSink.subscribe(hub, Selector.of(TOPICS), StartPosition.after(last));
            connection++;
            if (last.startsWith(CHOSEN)) { // only a node that has the event in memory knows where this id lies
                movedWithChosenId.add(connection);
            }
        }

        /** Reads, and reconnects if its stream ends: while Redis is away, a node cannot read the stream for it. */
        void readUntil(String data) {
            do {
                if (sink.endReason() != null) {
                    move();
                }
                sink.await(() -> sink.data().contains(data) || sink.endReason() != null);
            } while (!sink.data().contains(data));
        }

        /** @return its last event id */
        String leave() {
            seen.addAll(seenNow());
            String last = sink.lastEventId();
            sink.close();
            return last;
        }

        private List<Seen> seenNow() {
            List<Seen> now = new ArrayList<>();
            for (ReceivedEvent event : sink.events()) {
                boolean isGap = event.type().equals(Gap.EVENT_NAME);
                now.add(new Seen(isGap, event.lastEventId(), event.data(), connection));
            }
            return now;
        }

        /** All gaps but those for a chosen id that a node did not know. */
        int gaps() {
            List<Seen> all = new ArrayList<>(seen);
            all.addAll(seenNow());
            int gaps = 0;
            for (int i = 0; i < all.size(); i++) {
                boolean isFirst = i == 0 || all.get(i).connection != all.get(i - 1).connection;
                boolean isExcused = isFirst && movedWithChosenId.contains(all.get(i).connection);
                gaps += all.get(i).isGap && !isExcused ? 1 : 0;
            }
            return gaps;
        }

        void check() {
            Seen before = null;
            Seen lastEvent = null;
            List<String> chosen = new ArrayList<>();
            for (Seen now : seen) {
                if (now.isGap) {
                    before = null;
                    continue;
                }
                if (now.isChosen()) {
                    chosen.add(now.id + " " + now.data);
                    continue;
                }
                if (before != null) {
                    checkFollows(before, now);
                    List<String> elsewhere = chosenAfter.putIfAbsent(before.id, List.copyOf(chosen));
                    assertThat(elsewhere == null || elsewhere.equals(chosen))
                            .as("seed %d: %s and %s between %s and %s", SEED, elsewhere, chosen, before, now)
                            .isTrue();
                }
                if (lastEvent != null && lastEvent.connection == now.connection) {
                    assertThat(now.id)
                            .as("seed %d: over a gap too, %s then %s", SEED, lastEvent, now)
                            .isGreaterThan(lastEvent.id);
                }
                chosen.clear();
                before = now;
                lastEvent = now;
            }
        }

        private void checkFollows(Seen before, Seen now) {
            assertThat(now.id)
                    .as("seed %d: %s then %s", SEED, before, now)
                    .isGreaterThan(before.id)
                    .startsWith(epochOf(before));
            assertThat(all.subMap(before.id, false, now.id, false))
                    .as("seed %d: between %s and %s", SEED, before, now)
                    .isEmpty();
        }

        /** The sequence and the upper digits of the position, which have the epoch. */
        private static String epochOf(Seen event) {
            return event.id.substring(0, event.id.length() - 8);
        }
    }
}
