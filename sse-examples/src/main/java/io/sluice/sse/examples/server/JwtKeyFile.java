package io.sluice.sse.examples.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key file of JSON web tokens. When the file has changed, later tokens are verified by its new keys. If the new
 * file is wrong, or was written only in part, the old keys stay and a later check tries again. Thread-safe.
 */
final class JwtKeyFile implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(JwtKeyFile.class);
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Path file;
    private final InstantSource clock;
    /** A thread of its own: reading may block, for example on a network file system. */
    private final ScheduledExecutorService watcher;

    private volatile JwtVerifier verifier;

    // Guarded by this.
    private String loadedState;
    private String reportedState = "";

    /** @throws IllegalArgumentException as {@link JwtVerifier#read} */
    JwtKeyFile(Path file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
        this.loadedState = state(file); // before reading, so that a change meanwhile is found later
        this.verifier = JwtVerifier.read(file, clock);
        this.watcher = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sluice-jwt-key");
            thread.setDaemon(true);
            return thread;
        });
    }

    JwtVerifier verifier() {
        return verifier;
    }

    /** From now on the file is checked once a second, until {@link #close}. */
    void watch() {
        long millis = INTERVAL.toMillis();
        watcher.scheduleWithFixedDelay(this::refresh, millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Looks for a change, which may block. */
    synchronized void refresh() {
        String state = state(file);
        if (state.equals(loadedState)) {
            return;
        }
        try {
            verifier = JwtVerifier.read(file, clock);
            loadedState = state;
            reportedState = "";
            log.info("tokens are verified by the changed key file {}", file);
        } catch (RuntimeException | Error e) { // otherwise the watcher would end, for example for a huge file
            if (!state.equals(reportedState)) {
                reportedState = state;
                log.warn("the changed key file cannot be used, so the old keys stay in use: {}", e.toString());
            }
        }
    }

    private static String state(Path file) {
        try {
            return Files.getLastModifiedTime(file) + " " + Files.size(file) + " " + file.toRealPath();
        } catch (IOException e) {
            return "unreadable"; // for a moment, while it is replaced; reading it reports the reason
        }
    }

    @Override
    public void close() {
        watcher.shutdownNow();
    }
}
