package io.sluice.sse.netty.connection;

import io.sluice.sse.RejectionCounts;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts rejections and logs them: each at debug level, and at warn level one line per limit and minute, whatever the
 * rate. Thread-safe.
 */
public final class RejectionLog {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.RejectionLog");
    static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final RejectionCounts counts;
    private final AtomicLongArray nextWarning = new AtomicLongArray(RejectionCounts.Kind.values().length);
    private final AtomicLongArray countAtWarning = new AtomicLongArray(RejectionCounts.Kind.values().length);

    public RejectionLog(RejectionCounts counts) {
        this.counts = counts;
        long now = System.nanoTime();
        for (int i = 0; i < nextWarning.length(); i++) {
            nextWarning.set(i, now);
        }
    }

    /** Counts and logs a rejection if a limit caused it. The kind is null if none did. */
    public void count(RejectionCounts.@Nullable Kind kind, SocketAddress client) {
        if (kind != null) {
            rejected(kind, client);
        }
    }

    /** Counts and logs that a limit rejected a client. */
    public void rejected(RejectionCounts.Kind kind, SocketAddress client) {
        counts.add(kind);
        if (log.isDebugEnabled()) {
            log.debug("rejected because of {}: {}", kind.tag(), client);
        }
        if (kind == RejectionCounts.Kind.DRAINING || kind == RejectionCounts.Kind.REQUEST_TIMEOUT) {
            return; // no warning: a drain is intended, and late requests are common
        }
        int i = kind.ordinal();
        long due = nextWarning.get(i);
        long now = System.nanoTime();
        if (now - due >= 0 && nextWarning.compareAndSet(i, due, now + WINDOW_NANOS)) {
            long count = counts.count(kind);
            log.warn(
                    "the limit {} is reached: {} rejected since the last warning, most recently {}",
                    kind.tag(),
                    count - countAtWarning.getAndSet(i, count),
                    client);
        }
    }
}
