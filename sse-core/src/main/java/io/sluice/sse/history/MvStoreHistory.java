package io.sluice.sse.history;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/**
 * A history in a directory, based on H2's MVStore. The store is one file, a log of checksummed chunks. Each chunk
 * contains a complete state, so if the process dies while it writes a chunk, the previous state remains. Needs {@code
 * com.h2database:h2-mvstore} on the class path.
 *
 * <p>Only one process at a time can open the history, because the file is locked. An instance serves one hub, once; the
 * hub opens and closes it. Retention is limited by events, bytes and age per topic, and by total bytes. The file grows
 * to about twice the size of the retained events.
 */
public final class MvStoreHistory implements History {

    /** The default limit of events per topic. */
    public static final int DEFAULT_EVENTS = 100_000;
    /** The default limit of bytes per topic. */
    public static final long DEFAULT_BYTES = 256L << 20;
    /** The default maximum age of events. */
    public static final Duration DEFAULT_AGE = Duration.ofDays(7);
    /** The default limit of bytes in all topics. */
    public static final long DEFAULT_TOTAL_BYTES = 4L << 30;
    /** The default limit of retained events with a publisher-supplied id. */
    public static final int DEFAULT_PUBLISHER_IDS = 1_000_000;

    /** The file of the store in the directory. */
    static final String EVENTS_FILE = "events.mv";
    /** The file of the positions in the directory. */
    static final String POSITIONS_FILE = "positions";

    private final Path directory;
    private final SyncPolicy sync;
    private final StoreBounds bounds;
    private final AgeClock.Source clock;
    private final PositionsFile positionsFile;

    // Replaced on the writer's thread, read by the reader's thread.
    private volatile @Nullable Opened opened;

    private @Nullable Consumer<List<Eviction>> reporting;

    // Confined to the writer's thread.
    /** Up to which positions events were evicted since the last commit, by topic: the hub knows about them. */
    private final Map<String, Long> uncommittedEvictions = new HashMap<>();

    private boolean repeatsEvictions;

    private MvStoreHistory(Builder options) {
        this.directory = options.directory;
        this.sync = options.sync;
        this.bounds =
                new StoreBounds(options.events, options.bytes, options.age, options.totalBytes, options.publisherIds);
        this.clock = options.clock;
        this.positionsFile = new PositionsFile(directory.resolve(POSITIONS_FILE));
    }

    /** Returns the options of a history in {@code directory}, which is created if it does not exist. */
    public static Builder builder(Path directory) {
        return new Builder(directory);
    }

    @Override
    public SyncPolicy sync() {
        return sync;
    }

    // ---- opening

    @Override
    public RecoveryResult open(long newEpoch, Consumer<List<Eviction>> evicting) {
        if (opened != null) {
            throw new HistoryException(
                    "history: " + directory + ": opened before (expected: a separate instance for each hub)", null);
        }
        MvStoreFile file = MvStoreFile.open(directory, sync);
        try {
            reporting = evicting;
            MvStoreContent content = new MvStoreContent(file.store(), bounds, clock, this::onEvicting);
            PositionsFile.Content before = positionsBefore(content, newEpoch);
            Recovery recovery = Recovery.of(before, content.written());
            Opened made = new Opened(file, content, before.epoch(), recovery.lost());
            made.reserve(recovery.head());
            if (content.epoch() == null) {
                content.begin(before.epoch());
                file.commitAndSync();
            }
            RecoveryResult recovered = content.recovered(before.epoch(), recovery);
            opened = made;
            return recovered;
        } catch (MVStoreException e) {
            file.abandon();
            throw file.damaged(e);
        } catch (RuntimeException e) {
            file.abandon();
            throw e;
        }
    }

    private void onEvicting(List<Eviction> evictions) {
        if (repeatsEvictions) {
            return; // reported before the failure
        }
        evictions.forEach(eviction -> uncommittedEvictions.merge(eviction.topic(), eviction.floor(), Math::max));
        Objects.requireNonNull(reporting).accept(evictions);
    }

    @Override
    public long reopen() {
        Opened before = opened();
        before.file.abandon();
        MvStoreFile file = MvStoreFile.open(directory, sync);
        try {
            MvStoreContent content = new MvStoreContent(file.store(), bounds, clock, this::onEvicting);
            if (!Objects.equals(content.epoch(), before.epoch)) {
                throw new HistoryException(
                        "history: " + directory + ": another history is there (expected: the same files)", null);
            }
            repeatsEvictions = true;
            uncommittedEvictions.forEach(content::remove);
            repeatsEvictions = false;
            opened = new Opened(file, content, before.epoch, before.lost);
            return content.written();
        } catch (RuntimeException | Error e) {
            repeatsEvictions = false;
            file.abandon();
            throw e;
        }
    }

    /** Reads the positions file, which must belong to the store. For a new history, no position was used. */
    private PositionsFile.Content positionsBefore(MvStoreContent content, long newEpoch) {
        PositionsFile.Content before = positionsFile.read();
        Long storedEpoch = content.epoch();
        if (before == null && storedEpoch != null) {
            throw new HistoryException(
                    "history: " + directory.resolve(POSITIONS_FILE)
                            + " is missing, so the used ids are unknown (expected: both files, or neither)",
                    null);
        }
        if (storedEpoch != null && content.format() != MvStoreContent.THIS_FORMAT) {
            throw new HistoryException(
                    "history: the files in " + directory + " have format " + content.format() + " (expected: "
                            + MvStoreContent.THIS_FORMAT + ")",
                    null);
        }
        if (before != null && storedEpoch != null && before.epoch() != storedEpoch) {
            throw new HistoryException(
                    "history: the files in " + directory
                            + " belong to different histories (expected: both files of one history)",
                    null);
        }
        return before != null ? before : new PositionsFile.Content(newEpoch, 0, 0, 0, true, List.of());
    }

    // ---- the writer's thread

    @Override
    public void reserve(long position) {
        opened().reserve(position);
    }

    @Override
    public void append(List<StoredEvent> events) {
        List<StoredEvent> kept = uncommittedEvictions.isEmpty()
                ? events
                : events.stream()
                        .filter(event -> event.position() > uncommittedEvictions.getOrDefault(event.topic(), 0L))
                        .toList();
        if (!kept.isEmpty()) {
            opened().content.append(kept);
        }
    }

    @Override
    public void remove(String topic, long upTo) {
        opened().content.remove(topic, upTo);
    }

    @Override
    public void commit(boolean force) {
        opened().file.commit(force);
        uncommittedEvictions.clear();
    }

    @Override
    public void maintain() {
        Opened store = opened();
        store.content.evictDue();
        store.file.tidy(sync.period() != null);
        uncommittedEvictions.clear();
    }

    @Override
    public void close(long head) {
        Opened store = opened();
        if (head < 0) {
            store.file.abandon();
            return;
        }
        long written = store.content.written();
        store.file.commitAndSync();
        // Written before the file is unlocked, because the next process reads both files.
        store.writePositions(head, head, written);
        store.file.close();
    }

    // ---- readers

    @Override
    public HistoryPage read(Collection<String> topics, long after, long upTo, int maxBytes) {
        return reading(events -> events.read(topics, after, upTo, maxBytes));
    }

    @Override
    public long beforeLast(Collection<String> topics, int events, long upTo) {
        return reading(kept -> kept.beforeLast(topics, events, upTo));
    }

    @Override
    public long before(Collection<String> topics, Instant time, long upTo) {
        return reading(events -> events.before(topics, millis(time), upTo));
    }

    private <T> T reading(Function<MvStoreReads, T> look) {
        Opened store = opened();
        return store.file.reading(() -> look.apply(store.content.reads()));
    }

    /** Rounded down, as stored times are; values beyond the range of milliseconds become its limits. */
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

    /** The two files while they are open. */
    private final class Opened {

        final MvStoreFile file;
        final MvStoreContent content;
        private final long epoch;
        private final List<LostRange> lost;

        Opened(MvStoreFile file, MvStoreContent content, long epoch, List<LostRange> lost) {
            this.file = file;
            this.content = content;
            this.epoch = epoch;
            this.lost = lost;
        }

        void reserve(long position) {
            writePositions(position, -1, 0);
        }

        void writePositions(long reserved, long head, long written) {
            positionsFile.write(new PositionsFile.Content(epoch, reserved, head, written, sync.isStrict(), lost));
        }
    }

    /** The options of a history, checked when they are set. Not thread-safe. */
    public static final class Builder {

        private final Path directory;
        private SyncPolicy sync = SyncPolicy.always();
        private int events = DEFAULT_EVENTS;
        private long bytes = DEFAULT_BYTES;
        private Duration age = DEFAULT_AGE;
        private long totalBytes = DEFAULT_TOTAL_BYTES;
        private int publisherIds = DEFAULT_PUBLISHER_IDS;
        private AgeClock.Source clock =
                newestMillis -> new AgeClock(InstantSource.system(), System::nanoTime, newestMillis);

        private Builder(Path directory) {
            this.directory = Objects.requireNonNull(directory, "directory");
        }

        /** Sets when events are forced to the disk; {@link SyncPolicy#always} by default. */
        public Builder sync(SyncPolicy policy) {
            sync = Objects.requireNonNull(policy, "sync");
            return this;
        }

        /**
         * Sets how many events of each topic are retained. 100,000 by default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder events(int count) {
            events = (int) atLeastOne("events", count);
            return this;
        }

        /**
         * Sets how many bytes of each topic are retained. The newest event is retained even if it is larger. 256 MiB by
         * default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder bytes(long count) {
            bytes = atLeastOne("bytes", count);
            return this;
        }

        /**
         * Sets how long events are retained. 7 days by default.
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
         * Sets how many bytes of all topics are retained in total; above it the oldest event is evicted. 4 GiB by
         * default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder totalBytes(long count) {
            totalBytes = atLeastOne("totalBytes", count);
            return this;
        }

        /**
         * Sets how many events with a publisher-supplied id are retained; above it the oldest event is evicted. The hub
         * has all these ids in memory, about 150 bytes each, because it must detect a repeated id at once. 1,000,000 by
         * default.
         *
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder publisherIds(int count) {
            publisherIds = (int) atLeastOne("publisherIds", count);
            return this;
        }

        /** Sets the only clock that determines the age of events. It never jumps. For tests. */
        Builder clock(InstantSource source) {
            clock = newestMillis -> new AgeClock(source, () -> source.millis() * 1_000_000, 0);
            return this;
        }

        /** Sets the clocks that determine the age of events. For tests. */
        Builder clocks(InstantSource wall, LongSupplier nanos) {
            clock = newestMillis -> new AgeClock(wall, nanos, newestMillis);
            return this;
        }

        /** Creates the history with these options, without opening it. */
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
