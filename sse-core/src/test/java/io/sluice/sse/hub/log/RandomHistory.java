package io.sluice.sse.hub.log;

import io.sluice.sse.Event;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.hub.log.HistoryModel.Bounds;
import io.sluice.sse.hub.log.HistoryModel.ModelEvent;
import io.sluice.sse.test.ManualLane;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.TopicInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A short random run of a hub and some clients. Each of its steps is valid whatever the steps before it are, so steps
 * can be left out to find those that cause a failure. The run ends when all clients have reconnected and read
 * everything.
 */
final class RandomHistory {

    private static final long EPOCH = 7;
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

    private final long seed;
    private final List<HistoryStep> steps;
    private final List<HistoryClient> clients = new ArrayList<>();
    private final List<String> publisherIds = new ArrayList<>();
    private final Consumer<HubBuilder> options;
    private final int lanes;
    private final LaneOptions laneOptions;

    /** Null if the hubs have no durable history. */
    private final @Nullable RandomStore store;

    final OverflowPolicy policy;
    HistoryModel model;
    HubFixture bench;

    // The clocks of the hubs; the writers of their stores read them.
    private volatile long nowNanos = TimeUnit.DAYS.toNanos(1);
    volatile Instant wallTime = Instant.parse("2026-11-21T10:00:00Z");

    private long hubs;
    private AssertionError failure;
    private long nanosPerLook;

    /** The run of this seed, with these steps. */
    RandomHistory(long seed, List<HistoryStep> steps) {
        this.seed = seed;
        this.steps = steps;
        Random random = new Random(seed);
        policy = OverflowPolicy.values()[random.nextInt(3)];
        Bounds bounds = new Bounds(
                1 + random.nextInt(random.nextInt(4) > 0 ? 4 : 40),
                random.nextInt(4) == 0 ? 400 : 1 << 20,
                random.nextInt(4) == 0 ? 900 : 4 << 20,
                random.nextInt(3) == 0 ? 1_000_000_000L : 600_000_000_000L);
        options = hub -> {
            hub.historyEvents(bounds.events())
                    .historyBytes(bounds.bytes())
                    .historyTotalBytes(bounds.totalBytes())
                    .historyAge(Duration.ofNanos(bounds.ageNanos()))
                    .overflow(policy);
            HubTestAccess.clock(hub, () -> nowNanos);
            HubTestAccess.wallClock(hub, () -> wallTime);
        };
        lanes = 1 + random.nextInt(2);
        laneOptions = HubFixture.QUIET.withHeartbeat(Duration.ofNanos(random.nextBoolean() ? 0 : HEARTBEAT));
        for (int i = 2 + random.nextInt(3); i > 0; i--) {
            OverflowPolicy own = random.nextInt(4) == 0 ? OverflowPolicy.values()[random.nextInt(3)] : null;
            clients.add(new HistoryClient(this, SELECTORS.get(random.nextInt(SELECTORS.size())), own));
        }
        store = RandomStore.isIn(seed) ? new RandomStore(random, EPOCH, nowNanos) : null;
        model = store == null ? new HistoryModel(EPOCH, bounds, nowNanos) : store.model();
    }

    /**
     * @param directory the parent directory of its store
     * @throws AssertionError if a client or the hub did not behave as expected
     */
    void live(Path directory) {
        int number = 0;
        try {
            if (store != null) {
                store.begin(directory);
            }
            beginHub();
            for (HistoryStep step : steps) {
                act(step);
                runSome(step.tasks());
                judge();
                number++;
            }
            releaseStore();
            runUntilIdle();
            for (int round = 0; round < 2; round++) {
                for (HistoryClient client : clients) {
                    if (!client.isConnected()) {
                        client.connect(round);
                    }
                    client.onLane(client.sink::read);
                }
                run();
                judge();
            }
            clients.forEach(client -> contained(client, client::assertHasAll));
            judge();
            assertKept();
            bench.close();
        } catch (AssertionError | RuntimeException e) {
            String where = number < steps.size() ? "at step " + number + ", " + steps.get(number) : "at the end";
            throw new AssertionError(where + ": " + e.getMessage(), e);
        } finally {
            if (store != null) {
                store.end();
            }
        }
    }

    private void beginHub() {
        bench = new HubFixture(options.andThen(this::openStore), lanes, laneOptions);
        model.writtenUpTo = () -> LaneTestAccess.writtenUpTo(bench.hub);
        if (store != null) {
            store.serves(bench.hub);
        }
    }

    private void openStore(HubBuilder hub) {
        HubTestAccess.epoch(hub, EPOCH + hubs++); // ignored by a store that already has an epoch
        if (store != null) {
            store.openFor(hub, () -> wallTime);
        }
    }

    private void runUntilIdle() {
        nanosPerLook = 0;
        bench.lanes.forEach(lane -> lane.nanosPerLook(0));
        run();
    }

    /** Runs the lanes and the reader until nothing can continue. */
    private void run() {
        do {
            bench.run();
            settle();
        } while (!areLanesIdle());
    }

    private boolean areLanesIdle() {
        return bench.lanes.stream().allMatch(lane -> lane.waiting() == 0);
    }

    /** Waits until the store has answered all requests that it can answer; the lanes do not run. */
    void settle() {
        if (store != null) {
            store.settle();
            clients.forEach(HistoryClient::judgeStored);
        }
    }

    private void releaseStore() {
        if (store != null) {
            while (store.holdsSomething()) {
                store.releaseBatch();
                settle();
            }
            store.release();
        }
    }

    /** Code on a lane must not throw the failure of a judge, because the lane would treat it as a failed sink. */
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
            run();
        }
        for (int i = 0; i < tasks; i++) {
            bench.lanes.get(i % lanes).runOne();
        }
        settle();
    }

    private void judge() {
        if (failure == null && areLanesIdle() && !isStoreHeld()) {
            clients.forEach(client -> contained(client, client::judgeAtRest));
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** While the store is held, clients may wait for events without a defect. */
    private boolean isStoreHeld() {
        return store != null && store.isHeld();
    }

    /** The model and the hub keep the same events; otherwise they would disagree on gaps. */
    private void assertKept() {
        long kept = model.all.stream().filter(ModelEvent::isKept).count();
        long found = bench.hub.topics(null, TOPICS.length).stream()
                .mapToLong(TopicInfo::events)
                .sum();
        if (found != kept) {
            throw new AssertionError("the hub keeps " + found + ", expected " + kept);
        }
        if (!bench.hub.headId().equals(model.id(model.head()))) {
            throw new AssertionError("the hub is at position " + bench.hub.headId() + ", expected " + model.head());
        }
    }

    // ---- steps

    private void act(HistoryStep step) {
        HistoryClient client = clients.get(step.which() % clients.size());
        int other = step.which() / clients.size();
        switch (step.kind()) {
            case PUBLISH -> publish(List.of(make(step.which(), step.size(), null)));
            case BATCH -> {
                List<Publication> batch = new ArrayList<>();
                for (int i = step.which() % 6; i >= 0; i--) {
                    batch.add(make(step.which() / 7 + i * 3, step.size() + i, null));
                }
                publish(batch);
            }
            case CHOOSE_ID -> {
                publisherIds.add("chosen-" + model.epoch + "-" + publisherIds.size());
                publish(List.of(make(step.which(), step.size(), publisherIds.get(publisherIds.size() - 1))));
            }
            case REPEAT_ID -> {
                if (!publisherIds.isEmpty()) {
                    String id = publisherIds.get(step.size() % publisherIds.size());
                    if (model.keptWithId(id) != null) {
                        publish(List.of(make(step.which(), step.size(), id)));
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
                    client.connectAnew(other, step.size());
                }
            }
            case CUT -> client.ifConnected(() -> client.cut(bytes(step.size())));
            case STALL -> client.ifConnected(() -> client.sink.stall(1 + bytes(step.size())));
            case TAKE -> client.ifConnected(() -> client.sink.readBytes(bytes(step.size())));
            case TAKE_ALL -> client.ifConnected(() -> client.sink.read());
            case TIME_PASSES -> advance(time(step.size() * 30_000L));
            case HEARTBEATS -> heartbeats();
            case YIELD -> {
                nanosPerLook = nanosPerLook == 0 ? 800_000 : 0;
                bench.lanes.forEach(lane -> lane.nanosPerLook(nanosPerLook));
            }
            case RESTART -> {
                Restart[] kinds = store == null ? Restart.WITHOUT_STORE : Restart.WITH_STORE;
                restart(kinds[step.which() % kinds.length], step.size());
            }
            case HOLD_STORE -> Objects.requireNonNull(store).hold();
            case LET_STORE_GO -> {
                if (step.size() % 2 == 0) {
                    releaseStore();
                } else {
                    Objects.requireNonNull(store).releaseBatch();
                    settle();
                }
            }
            case FORCE_STORE -> Objects.requireNonNull(store).force();
        }
    }

    /** Mostly few bytes, sometimes none, sometimes many. */
    private static int bytes(int size) {
        return size % 5 == 0 ? size : size % 300;
    }

    private Publication make(int which, int size, String publisherId) {
        int length = size % 67 == 0 ? 40_000 : store != null && size % 9 == 0 ? 12_000 : size % 100;
        Event.Builder event = Event.builder().data("x".repeat(length));
        return new Publication(
                TOPICS[which % TOPICS.length], (publisherId == null ? event : event.id(publisherId)).build());
    }

    private void publish(List<Publication> made) {
        List<Publication> batch = new ArrayList<>();
        List<ModelEvent> expected = new ArrayList<>();
        List<Boolean> repeated = new ArrayList<>();
        for (Publication each : made) {
            // The data begin with the expected position, so that the bytes alone identify it.
            String data = model.head() + 1 + ":" + each.event().data();
            String id = each.event().id();
            repeated.add(id != null && model.keptWithId(id) != null);
            expected.add(model.publish(each.topic(), data, id));
            batch.add(new Publication(
                    each.topic(), each.event().toBuilder().data(data).build()));
        }
        CompletableFuture<List<Published>> given = bench.hub.publishAll(batch).toCompletableFuture();
        List<Published> answers = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            ModelEvent event = expected.get(i);
            String id = event.publisherId == null ? model.id(event.position) : event.publisherId;
            answers.add(new Published(id, event.topic, repeated.get(i)));
        }
        RandomStore.Answer answer = new RandomStore.Answer(model.head(), given, answers);
        if (store == null) {
            answer.check();
        } else {
            store.published(answer);
            settle();
        }
    }

    /** A store keeps milliseconds. Finer times would be exact only for events that are still in a ring. */
    long time(long nanos) {
        return store == null ? nanos : nanos - nanos % 1_000_000;
    }

    private void advance(long nanos) {
        nowNanos += nanos;
        wallTime = wallTime.plusNanos(nanos);
        bench.hub.stats(); // evicts what is too old
        model.advance(nanos);
        if (store != null) {
            store.maintainNow();
        }
    }

    /** A client that reads knows the position of the head two heartbeats later, even if it got no event. */
    private void heartbeats() {
        releaseStore();
        runUntilIdle();
        advanceThreeHeartbeats();
        if (laneOptions.heartbeat().isZero()) {
            return;
        }
        for (HistoryClient client : clients) {
            client.ifConnected(() -> client.sink.read());
        }
        run();
        advanceThreeHeartbeats();
        clients.forEach(client -> contained(client, client::judgeKnowsHead));
    }

    private void advanceThreeHeartbeats() {
        for (ManualLane lane : bench.lanes) {
            lane.advance(Duration.ofNanos(3 * HEARTBEAT));
        }
        run();
    }

    private void restart(Restart kind, int size) {
        for (HistoryClient client : clients) {
            client.ifConnected(() -> client.cut(bytes(size)));
        }
        runUntilIdle();
        assertKept();
        if (kind == Restart.CLEAN) {
            releaseStore();
        }
        model = kind.stop(model, store);
        bench.close();
        beginHub();
        assertKept();
    }

    @Override
    public String toString() {
        return "seed " + seed + ": " + policy + ", " + (store == null ? model.bounds : store) + ", " + lanes
                + " lanes, heartbeat " + laneOptions.heartbeat() + ", " + clients + "; " + steps;
    }
}
