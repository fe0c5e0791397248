package io.sluice.sse.netty;

import io.sluice.sse.RejectionCounts;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts refusals and writes them down: each for those who debug, and for operators one line for each limit and minute,
 * whatever the rate. Thread-safe.
 */
final class RejectionLog {

    private static final Logger log = LoggerFactory.getLogger(RejectionLog.class);
    static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final RejectionCounts refusals;
    private final AtomicLongArray nextWarning = new AtomicLongArray(RejectionCounts.Kind.values().length);
    private final AtomicLongArray countAtWarning = new AtomicLongArray(RejectionCounts.Kind.values().length);

    RejectionLog(RejectionCounts refusals) {
        this.refusals = refusals;
        long now = System.nanoTime();
        for (int i = 0; i < nextWarning.length(); i++) {
            nextWarning.set(i, now);
        }
    }

    /** Somebody was turned away by a limit. */
    void refused(RejectionCounts.Kind kind, SocketAddress client) {
        refusals.add(kind);
        if (log.isDebugEnabled()) {
            log.debug("refused for {}: {}", kind.tag(), client);
        }
        if (kind == RejectionCounts.Kind.DRAINING || kind == RejectionCounts.Kind.REQUEST_TIMEOUT) {
            return; // the one is meant, the other happens every day
        }
        int i = kind.ordinal();
        long due = nextWarning.get(i);
        long now = System.nanoTime();
        if (now - due >= 0 && nextWarning.compareAndSet(i, due, now + WINDOW_NANOS)) {
            long count = refusals.count(kind);
            log.warn(
                    "the limit {} is reached: {} refused since this was last said, {} just now",
                    kind.tag(),
                    count - countAtWarning.getAndSet(i, count),
                    client);
        }
    }
}
