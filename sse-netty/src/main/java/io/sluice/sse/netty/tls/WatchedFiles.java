package io.sluice.sse.netty.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A value that is read from files, and read again when they have changed. A file that a program still writes must not
 * be taken for a whole one: half of a secret is a secret, too. So changed files are read only when two looks find them
 * in the same state, and the value counts only if they are still in it after the reading. If the value is wrong, the
 * old one stays and a later look tries again. Thread-safe.
 */
public final class WatchedFiles<T> implements Supplier<T> {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.SseServer");

    private final String name;
    private final List<Path> files;
    private final Callable<? extends T> reader;
    private volatile T value;

    // Guarded by this.
    private String loadedState;
    /** What the last look has found. */
    private String seenState;

    private String reportedState = "";

    /**
     * Reads the files for the first time.
     *
     * @param name what the files are, for the log
     * @param reader reads the files. The message of its exceptions must not contain secrets, since it is logged
     * @throws Exception of the reader
     */
    public WatchedFiles(String name, List<Path> files, Callable<? extends T> reader) throws Exception {
        this.name = name;
        this.files = List.copyOf(files);
        this.reader = reader;
        this.loadedState = state(); // before reading, so that a change meanwhile is found later
        this.seenState = loadedState;
        this.value = reader.call();
    }

    /** The value of the latest files that could be used. Never blocks. */
    @Override
    public T get() {
        return value;
    }

    /** Looks for a change, which may block. A caller that looks regularly does so away from event loops. */
    public synchronized void refresh() {
        String before = seenState;
        String state = state();
        seenState = state;
        if (state.equals(loadedState) || !state.equals(before)) {
            return;
        }
        try {
            T read = reader.call();
            seenState = state();
            if (seenState.equals(state)) {
                value = read;
                loadedState = state;
                reportedState = "";
                log.info("the changed {} are in use: {}", name, files);
            }
        } catch (Throwable e) { // otherwise a watcher would end, for example for a huge file
            if (!state.equals(reportedState)) {
                reportedState = state;
                log.warn("the changed {} cannot be used, so the old ones stay in use: {}", name, e.toString());
            }
        }
    }

    private String state() {
        return files.stream().map(WatchedFiles::state).collect(Collectors.joining("|"));
    }

    private static String state(Path file) {
        try {
            return Files.getLastModifiedTime(file) + " " + Files.size(file) + " " + file.toRealPath();
        } catch (IOException e) {
            return "unreadable"; // for a moment, while it is replaced; reading it reports the reason
        }
    }
}
