package io.sluice.sse.hub.log;

import java.util.function.LongConsumer;

/**
 * The positions that the history has reserved on the disk. An event gets a position only if it is reserved. So after an
 * unclean stop, the next start continues after all positions that were ever used, and no id is issued twice.
 */
final class PositionReservation {

    /** How many positions are reserved at a time: more than a full queue can use while one batch is written. */
    static final long BLOCK = 1 << 21;

    private final LongConsumer reserve;

    // Written on the writer's thread (by start(), before it runs). Read by publishers under the hub's lock.
    private volatile long reservedUpTo;

    /** @param reserve returns when the positions up to its argument are reserved on the disk */
    PositionReservation(LongConsumer reserve) {
        this.reserve = reserve;
    }

    /** Reserves the first block. */
    void start(long head) {
        reserveUpTo(head + BLOCK);
    }

    /** Whether an event may have this position. */
    boolean covers(long position) {
        return position <= reservedUpTo;
    }

    /** Reserves another block if less than half a block is left after {@code head}. */
    void extendIfLow(long head) {
        if (reservedUpTo - head < BLOCK / 2) {
            reserveUpTo(head + BLOCK);
        }
    }

    /** Reserves a block after {@code head}. */
    void extend(long head) {
        reserveUpTo(head + BLOCK);
    }

    private void reserveUpTo(long position) {
        reserve.accept(position);
        reservedUpTo = position; // publishers may use these positions only after they are reserved on the disk
    }
}
