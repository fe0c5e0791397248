package io.sluice.sse.hub.log;

import static org.awaitility.Awaitility.await;

import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.StoreClock;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.log.HistoryModel.Bounds;
import io.sluice.sse.topic.Published;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The durable history of a random run, over all its hubs. Writer and reader are real threads, but they work only while
 * the test waits for them, so a seed always gives the same run. Published events are in the store when {@link
 * #published} returns, unless the store is held. A page is read within {@link #settle}.
 */
final class RandomStore {

    /** One in this many histories has a store. */
    static final int ONE_IN = 50;

    private static final int PLENTY = 1_000_000;
    private static final long PATIENCE_SECONDS = 60;

    /** The result of a publication, due at the latest when everything up to a position is in the store. */
    record Answer(long upTo, CompletableFuture<List<Published>> given, List<Published> expected) {

        void check() {
            List<Published> answers =
                    given.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
            if (!answers.equals(expected)) {
                throw new AssertionError("answered " + answers + ", expected " + expected);
            }
        }
    }

    private final SyncPolicy sync;
    private final Bounds bounds;
    private final int publisherIds;
    private final StoreModel model;

    /** Results that must not be returned before their events are on the disk. */
    private final List<Answer> due = new ArrayList<>();

    private Path root;
    private Path directory;
    private Path forced;
    private int directories;
    private GatedHistory history;
    private Hub hub;
    private boolean held;
    private long heldUpTo;

    static boolean isIn(long seed) {
        return seed % ONE_IN == 0;
    }

    RandomStore(Random random, long epoch, long nowNanos) {
        sync = List.of(SyncPolicy.always(), SyncPolicy.every(Duration.ofMinutes(1)), SyncPolicy.os())
                .get(random.nextInt(3));
        bounds = new Bounds(
                1 + random.nextInt(random.nextInt(4) > 0 ? 20 : 1000),
                random.nextInt(4) == 0 ? 1500 : 1 << 20,
                random.nextInt(4) == 0 ? 4000 : 4 << 20,
                random.nextInt(3) == 0 ? 1_000_000_000L : 600_000_000_000L);
        publisherIds = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 1000;
        model = new StoreModel(epoch, bounds, publisherIds, sync.isStrict(), nowNanos);
    }

    HistoryModel model() {
        return model;
    }

    boolean isHeld() {
        return held;
    }

    boolean holdsSomething() {
        return heldUpTo > 0;
    }

    // ---- its hubs

    void begin(Path parent) {
        try {
            root = Files.createTempDirectory(parent, "life");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        directory = nextDirectory();
    }

    private Path nextDirectory() {
        return root.resolve(Integer.toString(directories++));
    }

    /** Opens the store for the next hub. */
    void openFor(HubBuilder options, InstantSource wallClock) {
        MvStoreHistory.Builder made = MvStoreHistory.builder(directory)
                .sync(sync)
                .events(bounds.events())
                .bytes(bounds.bytes())
                .totalBytes(bounds.totalBytes())
                .age(Duration.ofNanos(bounds.ageNanos()))
                .publisherIds(publisherIds);
        history = new GatedHistory(StoreClock.turn(made, wallClock).build());
        history.reads.drainPermits();
        history.isMaintained = false; // otherwise the speed of the machine would determine how often
        options.history(history).userExecutor(Runnable::run);
    }

    void serves(Hub opened) {
        hub = opened;
    }

    private HubHistory ofHub() {
        return HubTestAccess.log(hub).history();
    }

    // ---- publishing

    /** Called after the model and the hub have published an event. */
    void published(Answer answer) {
        if (!model.hasUnstoredEvents()) { // a repeated id of a kept event
            answer.check();
        } else if (!held) {
            store(model.head());
            answer.check();
        } else {
            if (heldUpTo == 0) { // later events are in the next batch
                heldUpTo = model.head();
                awaitWriterAtGate();
            }
            if (sync.isStrict()) {
                due.add(answer);
            } else {
                answer.check();
            }
        }
    }

    private void store(long upTo) {
        settle(upTo);
        model.store(upTo);
    }

    void hold() {
        if (!held) {
            history.appends.drainPermits();
            held = true;
        }
    }

    /** Stores one batch and checks the results that waited for it. The next batch is held. */
    void releaseBatch() {
        if (heldUpTo == 0) {
            return;
        }
        history.appends.release();
        store(heldUpTo);
        checkDue();
        heldUpTo = 0;
        if (model.hasUnstoredEvents()) {
            awaitWriterAtGate();
            heldUpTo = model.head(); // the writer has taken all queued events
        }
    }

    /** Ends the hold; all published events are in the store. */
    void release() {
        if (held && heldUpTo > 0) {
            throw new AssertionError("something is still held");
        }
        held = false;
        history.appends.release(PLENTY);
    }

    private void checkDue() {
        due.stream().filter(answer -> answer.upTo <= model.stored()).forEach(Answer::check);
        due.removeIf(answer -> answer.upTo <= model.stored());
    }

    /** Waits until the reader has done all requested reads; its results wait for the lanes. */
    void settle() {
        settle(0);
    }

    private void settle(long stored) {
        history.reads.release(PLENTY);
        awaitReader(stored);
        awaitReader(0); // after the reads that this position made possible
        history.reads.drainPermits();
    }

    private void awaitReader(long stored) {
        CompletableFuture<Void> read = new CompletableFuture<>();
        ofHub().reader().whenStored(stored, new HistoryReader.Read() {
            @Override
            public void run(PastEvents of, long upTo) {
                read.complete(null);
            }

            @Override
            public void failed(RuntimeException why) {
                read.completeExceptionally(why);
            }
        });
        read.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    private void awaitWriterAtGate() {
        until(history.appends::hasQueuedThreads);
    }

    /** Waits until the writer is idle, or blocked with the batch that the test holds. */
    private void awaitWriterAtRest() {
        if (model.hasUnstoredEvents()) {
            awaitWriterAtGate();
        } else {
            until(() -> ofHub().writer().queuedBytes() == 0);
        }
    }

    private static void until(Callable<Boolean> condition) {
        await().pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(condition);
    }

    // ---- time

    /** Evicts what is too old, as the writer does when it maintains the store. */
    void maintainNow() {
        if (!holdsSomething()) { // otherwise the writer is in the middle of a batch
            awaitWriterAtRest();
            history.maintainNow();
            model.maintainNow();
        }
    }

    /** Remembers the files as they are now: they survive a later crash of the machine. */
    void force() {
        awaitWriterAtRest();
        forced = nextDirectory();
        HistoryFixture.copy(directory, forced);
        model.force();
    }

    // ---- the end of a hub

    HistoryModel stop() {
        model.stop();
        forced = null;
        return model;
    }

    /** The next hub gets a copy of the present files; the dying hub only changes the originals. */
    HistoryModel die(boolean machine) {
        awaitWriterAtRest();
        for (Answer answer : due) {
            if (answer.given.isDone()) {
                throw new AssertionError("acknowledged, and not on the disk: " + answer.expected);
            }
        }
        due.clear();
        Path found = nextDirectory();
        HistoryFixture.copy(directory, found);
        if (machine && !sync.isStrict() && forced != null) {
            try { // not the positions, which are always forced
                Files.copy(
                        forced.resolve("events.mv"), found.resolve("events.mv"), StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        model.die(machine && forced != null);
        forced = null;
        directory = found;
        held = false;
        heldUpTo = 0;
        freeThreads();
        return model;
    }

    private void freeThreads() {
        history.appends.release(PLENTY);
        history.reads.release(PLENTY);
    }

    /** Leaves no thread and no file, whatever the outcome. */
    void end() {
        if (hub != null) {
            freeThreads();
            hub.close();
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "store " + sync + ", " + bounds + ", chosen ids " + publisherIds;
    }
}
