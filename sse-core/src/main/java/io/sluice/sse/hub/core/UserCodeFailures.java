package io.sluice.sse.hub.core;

import io.sluice.sse.hub.log.Expirer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and logs what user code throws. Each failure is counted. For each kind of code, one failure per second is
 * logged, with the id of the client: code that fails for each of a million events must not fill the disk. The next line
 * of the same kind reports how many were suppressed. If no line follows, a separate line reports this a second later.
 * Thread-safe.
 */
public final class UserCodeFailures {

    /** Has the name of a public class that operators know, since this class is not exported. */
    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.hub.Hub");

    private static final long SECOND_NANOS = 1_000_000_000;

    private final LongSupplier clock;
    private final Expirer.Timer timer;
    private final LongAdder count = new LongAdder();
    /** By kind of code. There are only a few, since the names are constants of this library. */
    private final ConcurrentHashMap<String, Line> lines = new ConcurrentHashMap<>();

    private volatile boolean closed;

    public UserCodeFailures(LongSupplier clock, Expirer.Timer timer) {
        this.clock = clock;
        this.timer = timer;
    }

    /**
     * @param client the id of the client, or {@code "-"} if there is none
     * @param what the kind of code, such as {@code "observer"}
     */
    public void failed(String client, String what, Throwable failure) {
        count.increment();
        Line line = lines.computeIfAbsent(what, Line::new);
        if (line.throttle.tryAcquire()) {
            warn("[" + client + "] the " + what + " failed" + line.throttle.suppressedSuffix(), failure);
        }
    }

    /** A failure of user code may have a {@code getMessage} that throws, and a log calls it on this thread. */
    private static void warn(String message, Throwable failure) {
        try {
            log.warn("{}", message, failure);
        } catch (Throwable unprintable) {
            log.warn(
                    "{}: a {} that cannot be printed",
                    message,
                    failure.getClass().getName());
        }
    }

    /** Reports the suppressed failures. Later ones are only counted, so that no timer outlives its hub. */
    public void close() {
        closed = true;
        lines.values().forEach(Line::close);
    }

    public long count() {
        return count.sum();
    }

    /** The lines of one kind of code. */
    private final class Line {
        private final String what;
        private final LogThrottle throttle;

        // Guarded by this.
        private boolean scheduled;
        private Runnable cancel = () -> {};

        Line(String what) {
            this.what = what;
            this.throttle = new LogThrottle(clock, this::reportLater);
        }

        private synchronized void reportLater() {
            if (!scheduled && !closed) {
                scheduled = true;
                cancel = timer.schedule(this::logSuppressed, SECOND_NANOS);
            }
        }

        private void logSuppressed() {
            synchronized (this) {
                scheduled = false; // before the check below: a line that is suppressed after it then schedules a timer
            }
            if (!closed) {
                if (!throttle.hasSuppressed()) {
                    return;
                }
                if (!throttle.tryAcquireSummary()) { // a line was logged just now
                    reportLater();
                    return;
                }
            }
            long rest = throttle.takeSuppressed();
            if (rest > 0) {
                log.warn("[-] the {} failed again, {} more since the last line", what, rest);
            }
        }

        private void close() {
            synchronized (this) {
                cancel.run();
            }
            logSuppressed();
        }
    }
}
