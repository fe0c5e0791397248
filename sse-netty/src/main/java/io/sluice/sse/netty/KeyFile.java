package io.sluice.sse.netty;

import io.sluice.sse.netty.tls.WatchedFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Implements {@link Authenticator#keys}. Thread-safe. */
final class KeyFile<T> implements Authenticator.Keys<T> {

    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final WatchedFiles<T> file;
    /** A thread of its own: reading may block, for example on a network file system. */
    private final ScheduledExecutorService watcher;

    KeyFile(Path path, Function<? super Path, ? extends T> reader) {
        try {
            file = new WatchedFiles<>("keys", List.of(path), () -> reader.apply(path));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e); // the function throws no checked exception
        }
        watcher = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sluice-keys");
            thread.setDaemon(true);
            return thread;
        });
        watcher.scheduleWithFixedDelay(file::refresh, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public T get() {
        return file.get();
    }

    @Override
    public void close() {
        watcher.shutdownNow();
    }
}
