package io.sluice.sse.history;

import io.sluice.sse.history.MvStoreTypes.Chosen;
import io.sluice.sse.history.MvStoreTypes.Kept;
import io.sluice.sse.history.MvStoreTypes.Key;
import io.sluice.sse.history.MvStoreTypes.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.LongDataType;
import org.h2.mvstore.type.StringDataType;
import org.jspecify.annotations.Nullable;

/**
 * A history in a directory, on H2's MVStore: one file that is a log of checksummed chunks, each of which holds a whole
 * state; so a process that dies in the middle of writing one leaves the state before it. Needs {@code
 * com.h2database:h2-mvstore} on the class path.
 *
 * <p>One process at a time may have it open: the file is locked. An instance serves one hub, once; the hub opens it and
 * closes it. What it keeps is bounded by events, bytes and age for each topic and by bytes in all; the file grows to about
 * twice of what is kept.
 */
public final class MvStoreHistory implements History {

    /** Events kept per topic unless said otherwise. */
    public static final int DEFAULT_EVENTS = 100_000;
    /** Bytes kept per topic unless said otherwise. */
    public static final long DEFAULT_BYTES = 256L << 20;
    /** Age up to which events are kept unless said otherwise. */
    public static final Duration DEFAULT_AGE = Duration.ofDays(7);
    /** Bytes kept in all topics together unless said otherwise. */
    public static final long DEFAULT_TOTAL_BYTES = 4L << 30;
    /** Kept events with an id that their publisher chose, unless said otherwise. */
    public static final int DEFAULT_CHOSEN_IDS = 1_000_000;

    /** The store's file in the directory. */
    static final String EVENTS_FILE = "events.mv";
    /** The file of the positions in the directory. */
    static final String POSITIONS_FILE = "positions";

    private static final int EVICTED_AT_ONCE = 1024;
    private static final int CACHE_MEGABYTES = 16;
    private static final int UNFORCED_RETENTION_MILLIS = 45_000;
    private static final int LEAST_FILL_PERCENT = 50;
    private static final int REWRITTEN_AT_ONCE = 8 << 20;

    private static final String FORMAT = "format";
    /** Of what is in the file; another one cannot be read. */
    private static final long THIS_FORMAT = 1;

    private static final String EPOCH = "epoch";
    private static final String WRITTEN = "written";
    private static final String WRITTEN_MILLIS = "written-millis";
    private static final String NEXT_TOPIC = "next-topic";
    private static final String FORGOTTEN_FLOOR = "forgotten-floor";
    private static final String FORGOTTEN_MILLIS = "forgotten-millis";

    private final Path directory;
    private final HistorySync sync;
    private final StoreBounds bounds;
    private final InstantSource clock;
    private final PositionsFile positionsFile;

    private @Nullable Opened opened;

    private MvStoreHistory(Builder options) {
        this.directory = options.directory;
        this.sync = options.sync;
        this.bounds =
                new StoreBounds(options.events, options.bytes, options.age, options.totalBytes, options.chosenIds);
        this.clock = options.clock;
        this.positionsFile = new PositionsFile(directory.resolve(POSITIONS_FILE));
    }

    /** The options of a history in {@code directory}, which is made if it does not exist. */
    public static Builder builder(Path directory) {
        return new Builder(directory);
    }

    @Override
    public HistorySync sync() {
        return sync;
    }

    // ---- opening

    @Override
    public Recovered open(long newEpoch, Consumer<List<Eviction>> evicting) {
        if (opened != null) {
            throw new HistoryException(
                    "history: " + directory + " was opened before; each hub needs one of its own", null);
        }
        MVStore store = openStore();
        try {
            Opened made = new Opened(store, evicting);
            Recovered recovered = recover(made, newEpoch);
            opened = made;
            return recovered;
        } catch (MVStoreException e) {
            store.closeImmediately();
            throw damaged(e);
        } catch (RuntimeException e) {
            store.closeImmediately();
            throw e;
        }
    }

    private MVStore openStore() {
        Path file = directory.resolve(EVENTS_FILE);
        try {
            Files.createDirectories(directory);
            MVStore store = new MVStore.Builder()
                    .fileName(file.toAbsolutePath().toString())
                    .autoCommitDisabled()
                    .autoCommitBufferSize(0) // else a large batch would be committed in its middle, see append
                    .cacheSize(CACHE_MEGABYTES)
                    .open();
            store.setVersionsToKeep(0);
            store.setRetentionTime(retentionMillis());
            return store;
        } catch (IOException e) {
            throw new HistoryException("history: " + directory + " cannot be used as a directory", e);
        } catch (MVStoreException e) {
            if (e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED) {
                throw new HistoryException(
                        "history: " + directory + " is in use (expected: a directory that no other hub has open)", e);
            }
            throw damaged(e);
        }
    }

    /**
     * After which time the space of chunks is used again that no state needs any more: when a state without them is on the
     * disk, so that a machine that dies finds one that is whole. If each is forced, that is at once.
     */
    private int retentionMillis() {
        Duration period = sync.period();
        return period == null ? UNFORCED_RETENTION_MILLIS : Math.toIntExact(period.toMillis() * 3);
    }

    private HistoryException damaged(MVStoreException e) {
        return new HistoryException("history: " + directory.resolve(EVENTS_FILE) + " cannot be read", e);
    }

    private Recovered recover(Opened store, long newEpoch) {
        PositionsFile.Content before = positionsFile.read();
        Long storedEpoch = store.meta.get(EPOCH);
        if (before == null && storedEpoch != null) {
            throw new HistoryException(
                    "history: " + directory.resolve(POSITIONS_FILE)
                            + " is missing, so nobody knows which ids were given (expected: both files, or neither)",
                    null);
        }
        if (storedEpoch != null && store.meta(FORMAT) != THIS_FORMAT) {
            throw new HistoryException(
                    "history: the files in " + directory + " have format " + store.meta(FORMAT) + " (expected: "
                            + THIS_FORMAT + ")",
                    null);
        }
        if (before != null && storedEpoch != null && before.epoch() != storedEpoch) {
            throw new HistoryException("history: the files in " + directory + " do not belong together", null);
        }
        if (before == null) {
            before = new PositionsFile.Content(newEpoch, 0, 0, 0, true, List.of());
        }
        Recovery recovery = Recovery.of(before, store.written());
        store.positions =
                new PositionsFile.Content(before.epoch(), recovery.head(), -1, 0, sync.isStrict(), recovery.lost());
        positionsFile.write(store.positions);
        if (storedEpoch == null) {
            store.meta.put(EPOCH, before.epoch());
            store.meta.put(FORMAT, THIS_FORMAT);
            store.store.commit();
            store.store.sync();
        }
        Map<String, Recovered.Chosen> chosenIds = new HashMap<>();
        store.chosen.forEach(
                (id, chosen) -> chosenIds.put(id, new Recovered.Chosen(chosen.position(), chosen.topic())));
        return new Recovered(
                before.epoch(),
                recovery.head(),
                store.meta(WRITTEN_MILLIS),
                store.topics.all().stream().map(KeptTopic::asStored).toList(),
                store.topics.forgottenFloor(),
                store.topics.forgottenMillis(),
                chosenIds,
                recovery.lost());
    }

    // ---- the writer's thread

    @Override
    public void reserve(long position) {
        Opened store = opened();
        store.positions = new PositionsFile.Content(
                store.positions.epoch(), position, -1, 0, sync.isStrict(), store.positions.lost());
        positionsFile.write(store.positions);
    }

    @Override
    public void append(List<StoredEvent> events) {
        opened().append(events);
    }

    @Override
    public void commit(boolean force) {
        Opened store = opened();
        store.store.commit();
        if (force) {
            store.force();
        }
    }

    @Override
    public void maintain() {
        Opened store = opened();
        boolean forced = sync.period() != null;
        store.evictDue(Set.of());
        if (store.store.hasUnsavedChanges()) {
            commit(forced);
        }
        if (store.store.getFillRate() < LEAST_FILL_PERCENT) {
            store.store.compact(LEAST_FILL_PERCENT, REWRITTEN_AT_ONCE);
            commit(forced);
        }
    }

    @Override
    public void close(long head) {
        Opened store = opened();
        if (head < 0) {
            store.store.closeImmediately();
            return;
        }
        long written = store.written();
        store.store.commit();
        store.store.sync();
        // Before the file is given up: who opens it next reads both.
        positionsFile.write(new PositionsFile.Content(
                store.positions.epoch(), head, head, written, sync.isStrict(), store.positions.lost()));
        store.store.close();
    }

    // ---- readers

    @Override
    public HistoryPage read(Collection<String> topics, long after, long upTo, int maxBytes) {
        Opened store = opened();
        MVStore.TxCounter version = store.store.registerVersionUsage(); // keeps what it reads from being written over
        try {
            return new MvStoreReads(store.events, store.topics).read(topics, after, upTo, maxBytes);
        } finally {
            store.store.deregisterVersionUsage(version);
        }
    }

    @Override
    public long beforeLast(Collection<String> topics, int events, long upTo) {
        Opened store = opened();
        MVStore.TxCounter version = store.store.registerVersionUsage();
        try {
            return new MvStoreReads(store.events, store.topics).beforeLast(topics, events, upTo);
        } finally {
            store.store.deregisterVersionUsage(version);
        }
    }

    @Override
    public long before(Collection<String> topics, Instant time, long upTo) {
        Opened store = opened();
        MVStore.TxCounter version = store.store.registerVersionUsage();
        try {
            return new MvStoreReads(store.events, store.topics).before(topics, millis(time), upTo);
        } finally {
            store.store.deregisterVersionUsage(version);
        }
    }

    /** Rounded down, as what is stored; further away than there are milliseconds is as far as there are. */
    private static long millis(Instant time) {
        try {
            return time.toEpochMilli();
        } catch (ArithmeticException e) {
            return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    private Opened opened() {
        return Objects.requireNonNull(opened, "the history is not open");
    }

    @Override
    public String toString() {
        return "history in " + directory + ", sync " + sync;
    }

    /** The store while it is open. */
    private final class Opened {

        final MVStore store;
        final MVMap<Key, Kept> events;
        final MVMap<String, Long> meta;
        final MVMap<String, Chosen> chosen;
        final KeptTopics topics;
        private final MVMap<Integer, Row> rows;
        private final Consumer<List<Eviction>> evicting;
        private MVStore.@Nullable TxCounter forcedState;

        PositionsFile.Content positions = new PositionsFile.Content(0, 0, -1, 0, true, List.of());

        Opened(MVStore store, Consumer<List<Eviction>> evicting) {
            this.store = store;
            this.evicting = evicting;
            this.events = store.openMap(
                    "events",
                    new MVMap.Builder<Key, Kept>()
                            .keyType(new MvStoreTypes.KeyType())
                            .valueType(new MvStoreTypes.KeptType()));
            this.meta = store.openMap(
                    "meta",
                    new MVMap.Builder<String, Long>()
                            .keyType(StringDataType.INSTANCE)
                            .valueType(LongDataType.INSTANCE));
            this.chosen = store.openMap(
                    "chosen",
                    new MVMap.Builder<String, Chosen>()
                            .keyType(StringDataType.INSTANCE)
                            .valueType(new MvStoreTypes.ChosenType()));
            this.rows =
                    store.openMap("topics", new MVMap.Builder<Integer, Row>().valueType(new MvStoreTypes.RowType()));
            this.topics =
                    new KeptTopics(Math.toIntExact(meta(NEXT_TOPIC)), meta(FORGOTTEN_FLOOR), meta(FORGOTTEN_MILLIS));
            rows.forEach((number, row) -> topics.add(number, row.topic(), row.oldestMillis()));
        }

        long meta(String name) {
            Long value = meta.get(name);
            return value == null ? 0 : value;
        }

        long written() {
            return meta(WRITTEN);
        }

        /**
         * Forces what was committed. Until the next time nothing that this state needs is written over, however often is
         * committed meanwhile: it is what the death of the machine leaves.
         */
        void force() {
            store.sync();
            MVStore.TxCounter now = store.registerVersionUsage();
            if (forcedState != null) {
                store.deregisterVersionUsage(forcedState);
            }
            forcedState = now;
        }

        /** Events and what is known of them go to the disk with one commit. */
        void append(List<StoredEvent> batch) {
            Set<KeptTopic> touched = new LinkedHashSet<>();
            for (StoredEvent event : batch) {
                KeptTopic topic = topics.findOrAdd(event.topic());
                events.put(
                        new Key(topic.number, event.position()),
                        new Kept(event.timeMillis(), event.chosenId(), event.recipients(), event.wire()));
                topics.came(topic, event.position(), event.timeMillis(), event.wire().length);
                if (event.chosenId() != null) {
                    choose(event.chosenId(), event);
                }
                touched.add(topic);
            }
            StoredEvent last = batch.get(batch.size() - 1);
            meta.put(WRITTEN, last.position());
            meta.put(WRITTEN_MILLIS, last.timeMillis());
            evictDue(touched);
        }

        private void choose(String id, StoredEvent event) {
            Chosen held = chosen.get(id);
            chosen.put(
                    id,
                    held != null && held.position() == event.position() // another copy
                            ? new Chosen(held.position(), held.topic(), held.copies() + 1)
                            : new Chosen(event.position(), event.topic(), 1));
        }

        /** Lets go what is too much, and writes down how the topics stand. */
        void evictDue(Set<KeptTopic> touched) {
            Set<KeptTopic> changed = new LinkedHashSet<>(touched);
            MvStoreEvictions evictions = new MvStoreEvictions(events, chosen, topics);
            long oldestAllowed = clock.millis() - bounds.age().toMillis();
            for (KeptTopic topic : touched) {
                while (topic.events > bounds.events()
                        || (topic.events > 1 && StoreBounds.weight(topic.events, topic.wireBytes) > bounds.bytes())) {
                    evictOldest(topic, evictions, changed);
                }
            }
            for (KeptTopic first = topics.first();
                    first != null && isDue(first, oldestAllowed);
                    first = topics.first()) {
                evictOldest(first, evictions, changed);
            }
            evictions.carryOut(evicting);
            for (KeptTopic topic : changed) {
                rows.put(topic.number, new Row(topic.asStored(), topic.oldestMillis));
            }
            for (KeptTopic gone = topics.forgetOne(); gone != null; gone = topics.forgetOne()) {
                rows.remove(gone.number);
                meta.put(FORGOTTEN_FLOOR, topics.forgottenFloor());
                meta.put(FORGOTTEN_MILLIS, topics.forgottenMillis());
            }
            if (meta(NEXT_TOPIC) != topics.nextNumber()) {
                meta.put(NEXT_TOPIC, (long) topics.nextNumber());
            }
        }

        private boolean isDue(KeptTopic first, long oldestAllowed) {
            return first.oldestMillis < oldestAllowed
                    || topics.weight() > bounds.totalBytes()
                    || chosen.sizeAsLong() > bounds.chosenIds();
        }

        private void evictOldest(KeptTopic topic, MvStoreEvictions evictions, Set<KeptTopic> changed) {
            evictions.planOldest(topic);
            changed.add(topic);
            if (evictions.size() >= EVICTED_AT_ONCE) {
                evictions.carryOut(evicting);
            }
        }
    }

    /** The options of a history, checked as they are set. Not thread-safe. */
    public static final class Builder {

        private final Path directory;
        private HistorySync sync = HistorySync.always();
        private int events = DEFAULT_EVENTS;
        private long bytes = DEFAULT_BYTES;
        private Duration age = DEFAULT_AGE;
        private long totalBytes = DEFAULT_TOTAL_BYTES;
        private int chosenIds = DEFAULT_CHOSEN_IDS;
        private InstantSource clock = InstantSource.system();

        private Builder(Path directory) {
            this.directory = Objects.requireNonNull(directory, "directory");
        }

        /** When events are forced to the disk; {@link HistorySync#always} by default. */
        public Builder sync(HistorySync policy) {
            sync = Objects.requireNonNull(policy, "sync");
            return this;
        }

        /**
         * How many events of each topic are kept. 100,000 by default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder events(int count) {
            events = (int) atLeastOne("events", count);
            return this;
        }

        /**
         * How many bytes of each topic are kept; the newest event is kept even if it is larger. 256 MiB by default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder bytes(long count) {
            bytes = atLeastOne("bytes", count);
            return this;
        }

        /**
         * How long events are kept. 7 days by default.
         *
         * @throws IllegalArgumentException if it is not more than 0 and at most 36500 days
         */
        public Builder age(Duration limit) {
            if (limit.isNegative() || limit.isZero() || limit.compareTo(Duration.ofDays(36500)) > 0) {
                throw new IllegalArgumentException("age: " + limit + " (expected: more than 0, at most 36500 days)");
            }
            age = limit;
            return this;
        }

        /**
         * How many bytes of all topics are kept together; past it the oldest event goes. 4 GiB by default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder totalBytes(long count) {
            totalBytes = atLeastOne("totalBytes", count);
            return this;
        }

        /**
         * How many events are kept whose publishers chose an id; past it the oldest event goes. The hub has all these ids
         * in memory, about 150 bytes each, since it must know at once whether an id is a repeat. 1,000,000 by
         * default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder chosenIds(int count) {
            chosenIds = (int) atLeastOne("chosenIds", count);
            return this;
        }

        /** The wall clock by which events age. For tests. */
        Builder clock(InstantSource source) {
            clock = source;
            return this;
        }

        /** The history with these options; nothing is opened yet. */
        public MvStoreHistory build() {
            return new MvStoreHistory(this);
        }

        private static long atLeastOne(String option, long value) {
            if (value < 1) {
                throw new IllegalArgumentException(option + ": " + value + " (expected: at least 1)");
            }
            return value;
        }
    }
}
