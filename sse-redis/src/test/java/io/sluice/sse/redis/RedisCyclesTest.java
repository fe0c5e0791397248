package io.sluice.sse.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.KillArgs;
import io.sluice.sse.Event;
import io.sluice.sse.Gap;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Redis is killed, emptied, paused and cut, and fails over to a replica by Sentinel. Nodes come and go, and one that is
 * a process of its own is killed. Meanwhile events are published through all nodes and clients move between them. There
 * are batches, ids that their publisher chose, and topics that end. Between two events of a client without a gap there
 * is no other event, whatever node it was connected to. Faults that lose nothing cause no gap, not even for a client
 * that moves. The nodes evict nothing: after a gap, a client of several topics gets what each of them still has, and
 * the gap stands for what is missing in between. The number of cycles is the property {@code sluice.redis.cycles}, the
 * seed is {@code sluice.redis.seed}.
 */
class RedisCyclesTest {

    private static final Logger log = LoggerFactory.getLogger(RedisCyclesTest.class);
    private static final int FAULTS = 7;
    private static final int CYCLES = Integer.getInteger("sluice.redis.cycles", FAULTS);
    private static final long SEED = Long.getLong("sluice.redis.seed", 20261130L);
    private static final int CLIENTS = 6;
    /** Begins an id that a publisher chose. */
    private static final String CHOSEN = "chosen-";

    /** The faults after which entries are gone. The other ones must not cause a gap. */
    private static final Set<Integer> LOSING = Set.of(0, 2, 6);

    private final Random random = new Random(SEED);
    private final List<CycleNode> running = new ArrayList<>();
    private final List<MovingClient> clients = new ArrayList<>();
    private final List<CompletionStage<List<Published>>> publications = new ArrayList<>();
    /** All events with ids of the hub that a client or a publisher knows: data by id. */
    private final TreeMap<String, String> all = new TreeMap<>();
    /** The events with chosen ids that follow an event with an id of the hub, up to the next one of those. */
    private final Map<String, List<String>> chosenAfter = new HashMap<>();

    /** How many cycles had which fault. */
    private final Map<String, Integer> faults = new TreeMap<>();

    private SentinelRedis redis;
    private Nodes nodes;
    private ProcessNode process;
    private int published;

    @Test
    void betweenTwoEventsWithoutAGapThereIsNoOther() throws Exception {
        try (SentinelRedis started = new SentinelRedis();
                Nodes ofTest = new Nodes(started.uri())) {
            redis = started;
            nodes = ofTest;
            startProcess();
            for (int i = 0; i < 2; i++) {
                running.add(newNode());
            }
            awaitAvailable();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new MovingClient());
            }
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                load(20);
                String fault = causeFault(cycle);
                load(20);
                awaitAvailable();
                load(20);
                settle(cycle, fault);
                faults.merge(fault, 1, Integer::sum);
                log.info("cycle {}: {}, {} events published", cycle, fault, published);
            }
            clients.forEach(MovingClient::leave);
            check();
            System.out.println(summary());
        } finally {
            if (process != null) {
                process.close();
            }
        }
    }

    private String summary() {
        int received = clients.stream().mapToInt(client -> client.seen.size()).sum();
        long gaps = clients.stream()
                .flatMap(client -> client.seen.stream())
                .filter(Seen::isGap)
                .count();
        int moves = clients.stream().mapToInt(client -> client.connection).sum();
        return "RedisCyclesTest, seed " + SEED + ": cycles " + faults + ", " + published + " events published, "
                + received + " received, " + gaps + " gaps, " + moves + " moves of clients";
    }

    private void startProcess() throws IOException {
        process = ProcessNode.start(redis.uri(), nodes.name);
        running.add(process);
    }

    private void awaitAvailable() {
        running.forEach(node -> await("Redis is back", node::isAvailable));
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(5))
                .until(condition);
    }

    /** Every client gets an event that was published after the fault, so the gaps before it belong to the fault. */
    private void settle(int cycle, String fault) throws Exception {
        String end = "end of cycle " + cycle;
        publishEnd(end);
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
    private void publishEnd(String data) throws Exception {
        CycleNode node = running.get(1); // a hub of this process
        boolean isPublished = false;
        while (!isPublished) {
            awaitAvailable();
            try {
                Nodes.get(node.publish(List.of(new Publication("t", Event.of(data)))));
                isPublished = true;
            } catch (ExecutionException e) {
                assertThat(e.getCause()).isInstanceOf(BackplaneException.class);
            }
        }
    }

    private CycleNode newNode() {
        CycleNode node = new HubNode(nodes.node(options -> {}, hub -> hub.historyEvents(100_000)));
        await("the node is ready", node::isAvailable); // as behind a load balancer, it gets nothing before
        return node;
    }

    private String causeFault(int cycle) throws Exception {
        int kind = cycle % FAULTS; // each kind in turn, so that few cycles have all
        switch (kind) {
            case 0 -> {
                redis.primary().kill();
                load(10);
                redis.primary().restart();
                return "killed and empty";
            }
            case 1 -> {
                redis.primary().pause();
                load(10);
                await("Redis is away", () -> !running.get(0).isAvailable());
                redis.primary().resume();
                return "paused";
            }
            case 2 -> {
                redis.primary().commands().flushall();
                return "flushed";
            }
            case 3 -> {
                CycleNode old = running.get(1 + random.nextInt(running.size() - 1));
                remove(old);
                old.close();
                running.add(newNode());
                return "a node replaced";
            }
            case 4 -> {
                redis.primary()
                        .commands()
                        .clientKill(KillArgs.Builder.typeNormal().skipme());
                return "cut";
            }
            case 5 -> {
                process.kill();
                remove(process);
                load(10);
                startProcess();
                Collections.swap(running, 0, running.size() - 1);
                return "a node killed";
            }
            default -> {
                boolean isBehind = random.nextBoolean();
                if (isBehind) {
                    redis.stopReplica();
                    load(10);
                }
                redis.primary().kill();
                load(10);
                redis.failOver();
                return isBehind ? "failed over, with a loss" : "failed over";
            }
        }
    }

    /** The clients of this node go on at others. */
    private void remove(CycleNode node) {
        running.remove(node);
        clients.stream().filter(client -> client.node == node).forEach(MovingClient::move);
    }

    /** Publishes through all nodes, lets clients read, and moves some of them. */
    private void load(int steps) {
        for (int step = 0; step < steps; step++) {
            for (int i = random.nextInt(5); i >= 0; i--) {
                CycleNode node = running.get(random.nextInt(running.size()));
                List<Publication> batch = new ArrayList<>();
                for (int size = random.nextInt(4); size >= 0; size--) {
                    batch.add(next(size));
                }
                publications.add(node.publish(batch));
            }
            MovingClient client = clients.get(random.nextInt(clients.size()));
            client.stream.run();
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
        private CycleNode node = running.get(random.nextInt(running.size()));
        private int connection;
        private int gapsBefore;
        private final Set<Integer> movedWithChosenId = new HashSet<>();
        private CycleNode.Stream stream = node.subscribe(null);

        void move() {
            String last = leave();
            node = running.get(random.nextInt(running.size()));
            stream = node.subscribe(last);
            connection++;
            if (last.startsWith(CHOSEN)) { // only a node that has the event in memory knows where this id lies
                movedWithChosenId.add(connection);
            }
        }

        /** Reads, and reconnects if its stream ends: while Redis is away, a node cannot read the stream for it. */
        void readUntil(String data) {
            await(data + " at a client", () -> {
                if (stream.hasEnded()) {
                    move();
                }
                stream.run();
                return stream.events().stream().anyMatch(event -> event.data().equals(data));
            });
        }

        /** @return its last event id */
        String leave() {
            stream.close(); // first: nothing may come between the last event that is seen and its id
            seen.addAll(seenNow());
            return stream.lastEventId();
        }

        private List<Seen> seenNow() {
            List<Seen> now = new ArrayList<>();
            for (ReceivedEvent event : stream.events()) {
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
