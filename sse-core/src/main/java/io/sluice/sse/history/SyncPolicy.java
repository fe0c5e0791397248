package io.sluice.sse.history;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When what was published is forced to the disk, and so what an unclean stop may lose. Immutable.
 *
 * <p>With each of them an event leaves the process a moment after it was published, in batches, so that the death of the
 * process alone loses what was published in the last milliseconds at the most; the policies differ in who is told, and in
 * what the death of the machine loses.
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
     * Each batch is forced, and the stage of {@code publish} completes when its event is: nothing that was acknowledged is
     * lost, whatever dies. Publications that wait at the same time share one force.
     */
    public static SyncPolicy always() {
        return ALWAYS;
    }

    /**
     * Forced about each {@code period}; the stage of {@code publish} completes at once. The death of the process loses the
     * last milliseconds, that of the machine about a period.
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
     * Never forced: the operating system writes when it likes to. The stage of {@code publish} completes at once. The death
     * of the process loses the last milliseconds; that of the machine may lose more, and may cost the whole history.
     */
    public static SyncPolicy os() {
        return OS;
    }

    /** Whether {@code publish} waits until its event is on the disk. */
    public boolean isStrict() {
        return this == ALWAYS;
    }

    /** How often the history is forced: zero for each batch, null for never. */
    public @Nullable Duration period() {
        return period;
    }

    @Override
    public String toString() {
        return name;
    }
}
