package io.sluice.sse.hub;

import io.sluice.sse.Event;
import io.sluice.sse.hub.HistoryModel.Bounds;
import io.sluice.sse.hub.HistoryModel.Told;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A short random life of a hub and of some clients: a list of steps, each of which means something whatever stands before it,
 * so that steps can be left out to find those that matter. It ends when all clients have come back and taken everything.
 */
final class RandomHistory {

    private static final long HEARTBEAT = 300_000_000;
    private static final String[] TOPICS = {"a/1", "a/2", "b/1", "b/2", "c", "d/1", "d/2", "d/3"};
    private static final List<List<String>> SELECTORS = List.of(
            List.of("a/1"),
            List.of("a/1", "b/1"),
            List.of("a/*"),
            List.of("a/*", "a/1"),
            List.of("**"),
            List.of("c", "b/*"),
            List.of("*/1", "a/**"),
            List.of("d/**", "c"),
            List.of("d/2"));

    private enum Kind {
        PUBLISH(28),
        BATCH(7),
        CHOOSE_ID(5),
        REPEAT_ID(3),
        CONNECT(18),
        CONNECT_ANEW(9),
        CUT(9),
        STALL(6),
        TAKE(8),
        TAKE_ALL(4),
        TIME_PASSES(5),
        HEARTBEATS(3),
        YIELD(2),
        RESTART(1);

        final int weight;

        Kind(int weight) {
            this.weight = weight;
        }
    }

    /** What happens, by numbers that say which, how many and how large. */
    record Step(Kind kind, int which, int size, int tasks) {
        static Step random(Random random) {
            int total = 0;
            for (Kind kind : Kind.values()) {
                total += kind.weight;
            }
            int chosen = random.nextInt(total);
            Kind kind = null;
            for (Kind each : Kind.values()) {
                if (kind == null && (chosen -= each.weight) < 0) {
                    kind = each;
                }
            }
            return new Step(kind, random.nextInt(1 << 16), random.nextInt(1 << 16), random.nextInt(8));
        }

        @Override
        public String toString() {
            return kind + "(" + which + " " + size + " " + tasks + ")";
        }
    }

    private final long seed;
    private final List<Step> steps;
    private final List<HistoryClient> clients = new ArrayList<>();
    private final List<String> chosenIds = new ArrayList<>();
    private final Consumer<HubBuilder> options;
    private final int lanes;
    private final LaneOptions laneOptions;

    final OverflowPolicy policy;
    HistoryModel model;
    Bench bench;

    private AssertionError failure;
    private long nanosPerLook;

    static List<Step> steps(long seed) {
        Random random = new Random(seed ^ 0x5DEECE66DL);
        List<Step> steps = new ArrayList<>();
        for (int i = 10 + random.nextInt(40); i > 0; i--) {
            steps.add(Step.random(random));
        }
        return steps;
    }

    /** The life of this seed, with these of its steps. */
    RandomHistory(long seed, List<Step> steps) {
        this.seed = seed;
        this.steps = steps;
        Random random = new Random(seed);
        policy = OverflowPolicy.values()[random.nextInt(3)];
        Bounds bounds = new Bounds(
                1 + random.nextInt(random.nextInt(4) > 0 ? 4 : 40),
                random.nextInt(4) == 0 ? 400 : 1 << 20,
                random.nextInt(4) == 0 ? 900 : 4 << 20,
                random.nextInt(3) == 0 ? 1_000_000_000L : 600_000_000_000L);
        options = hub -> hub.historyEvents(bounds.events())
                .historyBytes(bounds.bytes())
                .historyTotalBytes(bounds.totalBytes())
                .historyAge(Duration.ofNanos(bounds.ageNanos()))
                .overflow(policy);
        lanes = 1 + random.nextInt(2);
        laneOptions = Bench.QUIET.withHeartbeat(Duration.ofNanos(random.nextBoolean() ? 0 : HEARTBEAT));
        bench = new Bench(options.andThen(hub -> hub.epoch(7)), lanes, laneOptions);
        model = new HistoryModel(7, bounds, bench.nowNanos);
        for (int i = 2 + random.nextInt(3); i > 0; i--) {
            OverflowPolicy own = random.nextInt(4) == 0 ? OverflowPolicy.values()[random.nextInt(3)] : null;
            clients.add(new HistoryClient(this, SELECTORS.get(random.nextInt(SELECTORS.size())), own));
        }
    }

    /** @throws AssertionError if something did not come as it had to */
    void live() {
        int number = 0;
        try {
            for (Step step : steps) {
                act(step);
                runSome(step.tasks);
                judge();
                number++;
            }
            letLanesRest();
            for (int round = 0; round < 2; round++) {
                for (HistoryClient client : clients) {
                    if (!client.isConnected()) {
                        client.connect(round);
                    }
                    client.onLane(client.sink::takeAll);
                }
                bench.run();
                judge();
            }
            clients.forEach(client -> contained(client, client::assertHasAll));
            judge();
            assertKept();
            bench.close();
        } catch (AssertionError | RuntimeException e) {
            String where = number < steps.size() ? "at step " + number + ", " + steps.get(number) : "at the end";
            throw new AssertionError(where + ": " + e.getMessage(), e);
        }
    }

    private void letLanesRest() {
        nanosPerLook = 0;
        bench.lanes.forEach(lane -> lane.nanosPerLook(0));
        bench.run();
    }

    /** What a lane runs must not throw what a judge says: it would be taken for the fault of a sink. */
    void contained(HistoryClient client, Runnable work) {
        try {
            work.run();
        } catch (AssertionError e) {
            if (failure == null) {
                failure = new AssertionError(client + ": " + e.getMessage(), e);
            }
        }
    }

    private void runSome(int tasks) {
        if (tasks > 3) {
            bench.run();
        }
        for (int i = 0; i < tasks; i++) {
            bench.lanes.get(i % lanes).runOne();
        }
    }

    private void judge() {
        if (failure == null && bench.lanes.stream().allMatch(lane -> lane.waiting() == 0)) {
            clients.forEach(client -> contained(client, client::judgeAtRest));
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** The model keeps what the hub keeps: else the two would not mean the same by a gap. */
    private void assertKept() {
        long kept = model.all.stream().filter(Told::isKept).count();
        if (bench.hub.stats().events() != kept) {
            throw new AssertionError("the hub keeps " + bench.hub.stats().events() + ", expected " + kept);
        }
    }

    // ---- steps

    private void act(Step step) {
        HistoryClient client = clients.get(step.which % clients.size());
        int other = step.which / clients.size();
        switch (step.kind) {
            case PUBLISH -> publish(List.of(make(step.which, step.size, null)));
            case BATCH -> {
                List<Publication> batch = new ArrayList<>();
                for (int i = step.which % 6; i >= 0; i--) {
                    batch.add(make(step.which / 7 + i * 3, step.size + i, null));
                }
                publish(batch);
            }
            case CHOOSE_ID -> {
                chosenIds.add("chosen-" + model.epoch + "-" + chosenIds.size());
                publish(List.of(make(step.which, step.size, chosenIds.get(chosenIds.size() - 1))));
            }
            case REPEAT_ID -> {
                if (!chosenIds.isEmpty()) {
                    String id = chosenIds.get(step.size % chosenIds.size());
                    if (model.keptWithId(id) != null) {
                        publish(List.of(make(step.which, step.size, id)));
                    }
                }
            }
            case CONNECT -> {
                if (!client.isConnected()) {
                    client.connect(other);
                }
            }
            case CONNECT_ANEW -> {
                if (!client.isConnected()) {
                    connectAnew(client, other, step.size);
                }
            }
            case CUT -> {
                if (client.isConnected()) {
                    client.cut(bytes(step.size));
                }
            }
            case STALL -> {
                if (client.isConnected()) {
                    client.onLane(() -> client.sink.stall(1 + bytes(step.size)));
                }
            }
            case TAKE -> {
                if (client.isConnected()) {
                    client.onLane(() -> client.sink.take(bytes(step.size)));
                }
            }
            case TAKE_ALL -> {
                if (client.isConnected()) {
                    client.onLane(client.sink::takeAll);
                }
            }
            case TIME_PASSES -> letPass(step.size * 30_000L);
            case HEARTBEATS -> heartbeats();
            case YIELD -> {
                nanosPerLook = nanosPerLook == 0 ? 400_000 : 0;
                bench.lanes.forEach(lane -> lane.nanosPerLook(nanosPerLook));
            }
            default -> restart(Restart.KINDS[step.which % Restart.KINDS.length], step.size);
        }
    }

    /** Mostly few, sometimes none, sometimes many. */
    private static int bytes(int size) {
        return size % 5 == 0 ? size : size % 300;
    }

    private Publication make(int which, int size, String chosenId) {
        int length = size % 67 == 0 ? 40_000 : size % 100;
        Event.Builder event = Event.builder().data("x".repeat(length));
        return new Publication(TOPICS[which % TOPICS.length], (chosenId == null ? event : event.id(chosenId)).build());
    }

    private void publish(List<Publication> made) {
        List<Publication> batch = new ArrayList<>();
        List<Told> expected = new ArrayList<>();
        List<Boolean> repeated = new ArrayList<>();
        for (Publication each : made) {
            // The data says where the model expects it, so that the bytes alone tell the position.
            String data = model.head() + 1 + ":" + each.event().data();
            String id = each.event().id();
            repeated.add(id != null && model.keptWithId(id) != null);
            expected.add(model.publish(each.topic(), data, id));
            batch.add(new Publication(
                    each.topic(), each.event().toBuilder().data(data).build()));
        }
        List<Published> answers =
                bench.hub.publishAll(batch).toCompletableFuture().join();
        for (int i = 0; i < answers.size(); i++) {
            Told told = expected.get(i);
            String id = told.chosenId == null ? model.id(told.position) : told.chosenId;
            Published answer = new Published(id, told.topic, repeated.get(i));
            if (!answers.get(i).equals(answer)) {
                throw new AssertionError("answered " + answers.get(i) + ", expected " + answer);
            }
        }
    }

    private void connectAnew(HistoryClient client, int lane, int size) {
        switch (size % 8) {
            case 0 -> client.connectLive(lane);
            case 1, 2 -> client.connectReplay(lane, 1 + size / 8 % 8);
            case 3 -> client.connectSince(lane, size * 50_000L);
            case 4 -> client.connectSince(lane, agoOfSomeEvent(size / 8));
            case 5 -> client.connectWith(lane, model.id(model.head() + 1 + size / 8 % 5)); // beyond the head
            case 6 -> client.connectWith(lane, model.id(size / 8 % (model.head() + 1))); // somewhere, perhaps long gone
            default -> client.connectWith(lane, "nonsense " + size);
        }
    }

    /** How long ago some event was published, to the nanosecond. */
    private long agoOfSomeEvent(int which) {
        return model.all.isEmpty() ? 0 : model.nowNanos - model.all.get(which % model.all.size()).nanos;
    }

    private void letPass(long nanos) {
        bench.nowNanos += nanos;
        bench.wallTime = bench.wallTime.plusNanos(nanos);
        model.letPass(nanos);
        bench.hub.stats(); // lets go what is too old
    }

    /** Who takes what comes knows where it stands two heartbeats later, though nothing was for it. */
    private void heartbeats() {
        letLanesRest();
        for (ManualLane lane : bench.lanes) {
            lane.advance(3 * HEARTBEAT);
        }
        bench.run();
        if (laneOptions.heartbeat().isZero()) {
            return;
        }
        for (HistoryClient client : clients) {
            if (client.isConnected()) {
                client.onLane(client.sink::takeAll);
            }
        }
        for (ManualLane lane : bench.lanes) {
            lane.advance(3 * HEARTBEAT);
        }
        bench.run();
        clients.forEach(client -> contained(client, client::judgeKnowsHead));
    }

    private void restart(Restart kind, int size) {
        for (HistoryClient client : clients) {
            if (client.isConnected()) {
                client.cut(bytes(size));
            }
        }
        letLanesRest();
        assertKept();
        bench.close();
        Bench before = bench;
        bench = new Bench(options.andThen(kind.next(model)), lanes, laneOptions);
        bench.nowNanos = before.nowNanos;
        bench.wallTime = before.wallTime;
        model = kind.after(model);
    }

    @Override
    public String toString() {
        return "seed " + seed + ": " + policy + ", " + model.bounds + ", " + lanes + " lanes, heartbeat "
                + laneOptions.heartbeat() + ", " + clients + "; " + steps;
    }
}
