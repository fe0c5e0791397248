package io.sluice.sse.hub.log;

import java.util.Arrays;

/**
 * Selects the highest positions out of many. A position that is offered several times counts once. Sorts when its array
 * is full, and creates no objects.
 */
public final class NewestPositions {

    private final int count;
    private final long[] positions;
    private int size;
    /** Once enough positions were offered: the lowest of those that are selected. */
    private long threshold;

    /**
     * @param count how many positions to select, at least one
     * @param offers how many will be offered at most; more than {@code count}
     */
    public NewestPositions(int count, long offers) {
        this.count = count;
        this.positions = new long[(int) Math.min(2L * count, offers)];
    }

    /** @return whether a lower position could still be selected */
    public boolean offer(long position) {
        if (position <= threshold) {
            return false;
        }
        positions[size++] = position;
        if (size == positions.length) {
            compact();
        }
        return true;
    }

    /** Keeps only the selected positions, in order. */
    private void compact() {
        Arrays.sort(positions, 0, size);
        int unique = 0;
        for (int i = 0; i < size; i++) {
            if (i == 0 || positions[i] != positions[i - 1]) {
                positions[unique++] = positions[i];
            }
        }
        size = Math.min(unique, count);
        System.arraycopy(positions, unique - size, positions, 0, size);
        if (size == count) {
            threshold = positions[0];
        }
    }

    /** The lowest selected position. At least one position must have been offered. */
    public long oldest() {
        compact();
        return positions[0];
    }

    /** Whether enough positions were offered. To be called after {@link #oldest}. */
    public boolean isFull() {
        return size == count;
    }
}
