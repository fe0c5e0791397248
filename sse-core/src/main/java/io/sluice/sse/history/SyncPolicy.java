package io.sluice.sse.history;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Determines when published events are forced to the disk, and thus what an unclean stop may lose. Immutable.
 *
 * <p>With every policy, events are passed to the operating system in batches shortly after they were published. So if
 * only the process dies, at most the last milliseconds are lost. The policies differ in when the publisher is notified,
 * and in what is lost if the machine crashes.
 */
public final class SyncPolicy {

    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final SyncPolicy ALWAYS = new SyncPolicy("always", Duration.ZERO);
    private static final SyncPolicy OS = new SyncPolicy("os", null);

    private final String name;
    private final @Nullable Duration period;

    private SyncPolicy(String name, @Nullable Duration period) {
        this.name = name;
        this.period = period;
    }

    /**
     * Every batch is forced, and the stage of {@code publish} completes when its event is on the disk. No acknowledged
     * event is lost, whatever crashes. Publications that wait at the same time share one force.
     */
    public static SyncPolicy always() {
        return ALWAYS;
    }

    /**
     * Events are forced about once per {@code period}; the stage of {@code publish} completes at once. The death of the
     * process loses the last milliseconds, a crash of the machine about one period.
     *
     * @throws IllegalArgumentException if it is not positive, or longer than a minute
     */
    public static SyncPolicy every(Duration period) {
        Objects.requireNonNull(period, "period");
        if (period.isNegative() || period.isZero() || period.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("sync: " + period + " (expected: more than 0, at most " + LONGEST + ")");
        }
        return new SyncPolicy("every " + period, period);
    }

    /**
     * Events are never forced: the operating system decides when it writes them. The stage of {@code publish} completes
     * at once. The death of the process loses the last milliseconds. A crash of the machine may lose more, and may
     * destroy the whole history.
     */
    public static SyncPolicy os() {
        return OS;
    }

    /** Whether {@code publish} waits until its event is on the disk. */
    public boolean isStrict() {
        return this == ALWAYS;
    }

    /** The period between two forces: zero for every batch, null for never. */
    public @Nullable Duration period() {
        return period;
    }

    @Override
    public String toString() {
        return name;
    }
}
