package io.sluice.sse.history;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.jspecify.annotations.Nullable;

/** The file of an open store: forces its content to the disk, and limits its size. Confined to the writer's thread. */
final class MvStoreFile {

    private static final int CACHE_MEGABYTES = 16;
    private static final int UNFORCED_RETENTION_MILLIS = 45_000;
    private static final int LEAST_FILL_PERCENT = 50;
    private static final int REWRITTEN_AT_ONCE = 8 << 20;

    private final Path path;
    private final MVStore store;
    private MVStore.@Nullable TxCounter forcedState;

    private MvStoreFile(Path path, MVStore store) {
        this.path = path;
        this.store = store;
    }

    /** Opens the file in {@code directory}; both are created if they do not exist. */
    static MvStoreFile open(Path directory, SyncPolicy sync) {
        Path path = directory.resolve(MvStoreHistory.EVENTS_FILE);
        try {
            Files.createDirectories(directory);
            MVStore store = new MVStore.Builder()
                    .fileName(path.toAbsolutePath().toString())
                    .autoCommitDisabled()
                    .autoCommitBufferSize(0) // otherwise a large batch would be committed in the middle
                    .cacheSize(CACHE_MEGABYTES)
                    .open();
            store.setVersionsToKeep(0);
            store.setRetentionTime(retentionMillis(sync));
            return new MvStoreFile(path, store);
        } catch (IOException e) {
            throw new HistoryException("history: " + directory + " cannot be used as a directory", e);
        } catch (MVStoreException e) {
            if (e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED) {
                throw new HistoryException(
                        "history: " + directory + " is in use (expected: a directory that no other hub has open)", e);
            }
            throw damaged(path, e);
        }
    }

    /**
     * The time after which the space of unused chunks is reused. By then a state without these chunks is on the disk,
     * so that a crash of the machine leaves a complete state. If every batch is forced, the space is reused at once.
     */
    private static int retentionMillis(SyncPolicy sync) {
        Duration period = sync.period();
        return period == null ? UNFORCED_RETENTION_MILLIS : Math.toIntExact(period.toMillis() * 3);
    }

    private static HistoryException damaged(Path path, MVStoreException e) {
        return new HistoryException("history: " + path + " cannot be read", e);
    }

    HistoryException damaged(MVStoreException e) {
        return damaged(path, e);
    }

    MVStore store() {
        return store;
    }

    /** Commits the changes as one consistent state, and forces it to the disk if requested. */
    void commit(boolean force) {
        store.commit();
        if (force) {
            force();
        }
    }

    /**
     * Forces the committed state to the disk. Until the next call, later commits do not overwrite anything that this
     * state needs: it is the state that remains after a crash of the machine.
     */
    private void force() {
        store.sync();
        MVStore.TxCounter now = store.registerVersionUsage();
        if (forcedState != null) {
            store.deregisterVersionUsage(forcedState);
        }
        forcedState = now;
    }

    /** For the start and the end, when no later commit follows that must preserve this state. */
    void commitAndSync() {
        store.commit();
        store.sync();
    }

    /** Commits pending changes, and compacts the file if much of it is unused. */
    void tidy(boolean force) {
        if (store.hasUnsavedChanges()) {
            commit(force);
        }
        if (store.getFillRate() < LEAST_FILL_PERCENT) {
            store.compact(LEAST_FILL_PERCENT, REWRITTEN_AT_ONCE);
            commit(force);
        }
    }

    /** Runs {@code look} while nothing that it reads is overwritten. Any thread. */
    <T> T reading(Supplier<T> look) {
        MVStore.TxCounter version = store.registerVersionUsage();
        try {
            return look.get();
        } finally {
            store.deregisterVersionUsage(version);
        }
    }

    void close() {
        store.close();
    }

    /** Closes the file in the state in which the death of the process would leave it. */
    void abandon() {
        store.closeImmediately();
    }
}
