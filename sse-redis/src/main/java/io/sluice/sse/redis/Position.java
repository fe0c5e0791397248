package io.sluice.sse.redis;

import io.sluice.sse.backplane.Backplane;
import org.jspecify.annotations.Nullable;

/**
 * Positions and the ids of the stream. An id is {@code epoch-number}. Redis counts the numbers of an epoch without a
 * hole, because events are added with the id {@code epoch-*}. So a hole shows that entries were lost, and no clock has
 * a part in it. A new epoch begins after anything that may have lost entries. A position has the epoch in its upper
 * bits, so it rises over all epochs.
 */
final class Position {

    /** A million entries a second reach the last number of an epoch after twelve days; then the next one begins. */
    static final int NUMBER_BITS = 40;

    static final long MAX_EPOCH = (1L << 15) - 1;
    static final long MAX_NUMBER = (1L << NUMBER_BITS) - 1;

    /** By how many epochs a node that was cut off is behind the others at most. */
    private static final int MAX_EPOCHS_AHEAD = 16;

    private Position() {}

    static long of(long epoch, long number) {
        return epoch << NUMBER_BITS | number;
    }

    static long epoch(long position) {
        return position >> NUMBER_BITS;
    }

    static long number(long position) {
        return position & MAX_NUMBER;
    }

    /** As {@link Backplane#isAhead}: a position of the same epoch, or of one of the next ones. */
    static boolean isAhead(long position, long head) {
        long epochs = epoch(position) - epoch(head);
        long begin = epochs == 0 ? number(head) : 0;
        return epochs <= MAX_EPOCHS_AHEAD && number(position) - begin <= Backplane.MAX_AHEAD;
    }

    /** The id of the stream at a position. */
    static String idOf(long position) {
        return epoch(position) + "-" + number(position);
    }

    /** The position of an id; null if no node of this library can have caused the entry. */
    static @Nullable Long parse(String id) {
        int dash = id.indexOf('-');
        try {
            long epoch = Long.parseLong(id.substring(0, dash));
            long number = Long.parseLong(id.substring(dash + 1));
            boolean isOurs = epoch >= 1 && epoch <= MAX_EPOCH && number >= 0 && number <= MAX_NUMBER;
            return isOurs ? of(epoch, number) : null;
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            return null; // for example, more than 63 bits
        }
    }
}
