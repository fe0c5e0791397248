package io.sluice.sse.hub.core;

import io.sluice.sse.hub.log.Expirer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What user code has thrown: each failure is counted, and logged with the client's id, of each kind of code once per
 * second: code that fails for each of a million events does not fill the disk besides. How many were held back is said by
 * the next line of the kind, or, where none follows, by one of its own a second later. Thread-safe.
 */
public final class UserCodeFailures {

    /** The category of the hub, which operators know: this class is not exported. */
    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.hub.Hub");

    private static final long SECOND_NANOS = 1_000_000_000;

    private final LongSupplier clock;
    private final Expirer.Timer timer;
    private final LongAdder count = new LongAdder();
    /** By kind, of which there are a few: the words come from our own code only. */
    private final ConcurrentHashMap<String, Line> lines = new ConcurrentHashMap<>();

    private volatile boolean closed;

    public UserCodeFailures(LongSupplier clock, Expirer.Timer timer) {
        this.clock = clock;
        this.timer = timer;
    }

    /**
     * @param client the client's id, or {@code "-"} where there is none
     * @param what which code, such as {@code "observer"}
     */
    public void failed(String client, String what, Throwable failure) {
        count.increment();
        Line line = lines.computeIfAbsent(what, Line::new);
        if (line.once.tryAcquire()) {
            log.warn("[{}] the {} failed{}", client, what, line.once.suppressedSuffix(), failure);
        }
    }

    /** Says what is still held back. From now on what is held back is only counted: no timer outlives its hub. */
    public void close() {
        closed = true;
        lines.values().forEach(Line::close);
    }

    public long count() {
        return count.sum();
    }

    /** The lines of one kind. */
    private final class Line {
        private final String what;
        private final LogThrottle once;

        // Guarded by this.
        private boolean scheduled;
        private Runnable cancel = () -> {};

        Line(String what) {
            this.what = what;
            this.once = new LogThrottle(clock, this::sayRestLater);
        }

        private synchronized void sayRestLater() {
            if (!scheduled && !closed) {
                scheduled = true;
                cancel = timer.schedule(this::logSuppressed, SECOND_NANOS);
            }
        }

        private void logSuppressed() {
            synchronized (this) {
                scheduled = false; // before the question: what is held back behind it asks for a timer of its own
            }
            if (!closed) {
                if (!once.holdsBack()) {
                    return;
                }
                if (!once.tryAcquireRest()) { // a line has just passed
                    sayRestLater();
                    return;
                }
            }
            long rest = once.takeHeldBack();
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
