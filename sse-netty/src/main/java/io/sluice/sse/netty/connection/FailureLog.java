package io.sluice.sse.netty.connection;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Logs failures with their stacks: of each kind one in a second, whatever the rate. Clients can cause failures, and a
 * line with a stack for each would fill a disk. A kind is the class of the failure and the place in the code that threw
 * it. The channels of one listening socket share an instance. Thread-safe.
 */
public final class FailureLog {

    public static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Two kinds may share a slot. Then only one of them is logged in a second, and the other is counted. */
    private static final int SLOTS = 1_024;

    private static final int FRAMES_OF_A_KIND = 3;
    private static final AttributeKey<FailureLog> KEY = AttributeKey.valueOf(FailureLog.class, "failures");

    private final LongSupplier clock;
    private final AtomicLongArray nextNanos = new AtomicLongArray(SLOTS);
    private final AtomicLongArray heldBack = new AtomicLongArray(SLOTS);

    public FailureLog(LongSupplier clock) {
        this.clock = clock;
        long now = clock.getAsLong();
        for (int i = 0; i < SLOTS; i++) {
            nextNanos.set(i, now);
        }
    }

    /** The log that the channel shares with the other channels of its listening socket. */
    public static FailureLog of(Channel channel) {
        Channel connection = Connection.of(channel);
        Channel listener = connection.parent() == null ? connection : connection.parent();
        var attribute = listener.attr(KEY);
        FailureLog log = attribute.get();
        if (log == null) {
            FailureLog created = new FailureLog(System::nanoTime);
            log = attribute.setIfAbsent(created);
            log = log == null ? created : log;
        }
        return log;
    }

    /**
     * Logs the failure, unless one of its kind was logged in the last second. The next line has the number of those.
     */
    public void warn(Logger log, String message, Throwable failure) {
        int slot = Math.floorMod(kindOf(failure), SLOTS);
        long due = nextNanos.get(slot);
        long now = clock.getAsLong();
        if (now - due >= 0 && nextNanos.compareAndSet(slot, due, now + WINDOW_NANOS)) {
            long count = heldBack.getAndSet(slot, 0);
            String line = message + (count == 0 ? "" : " (and " + count + " more since the last line)");
            try {
                log.warn("{}", line, failure);
            } catch (Throwable unprintable) {
                // A failure of user code may have a getMessage that throws, and a log calls it on this thread.
                log.warn(
                        "{}: a {} that cannot be printed",
                        line,
                        failure.getClass().getName());
            }
        } else {
            heldBack.incrementAndGet(slot);
            log.debug("{}: {}", message, failure.getClass().getName());
        }
    }

    private static int kindOf(Throwable failure) {
        StackTraceElement[] stack = failure.getStackTrace();
        int frames = Math.min(stack.length, FRAMES_OF_A_KIND);
        int hash = 31 * failure.getClass().getName().hashCode() + Arrays.hashCode(Arrays.copyOf(stack, frames));
        return hash ^ hash >>> 16 ^ hash >>> 8;
    }
}
