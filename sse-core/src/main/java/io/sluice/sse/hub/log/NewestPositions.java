package io.sluice.sse.hub.log;

import java.util.Arrays;

/** The highest positions out of many, each counted once however often it is offered. Sorts now and then, makes no objects. */
public final class NewestPositions {

    private final int count;
    private final long[] positions;
    private int size;
    /** As many as are wanted lie at or above. */
    private long least;

    /**
     * @param count how many are wanted, at least one
     * @param offers how many will be offered at most; more than are wanted
     */
    public NewestPositions(int count, long offers) {
        this.count = count;
        this.positions = new long[(int) Math.min(2L * count, offers)];
    }

    /** @return whether a lower one could still be among those that are wanted */
    public boolean offer(long position) {
        if (position <= least) {
            return false;
        }
        positions[size++] = position;
        if (size == positions.length) {
            compact();
        }
        return true;
    }

    /** Leaves those that are wanted, in order. */
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
            least = positions[0];
        }
    }

    /** The lowest of those that are wanted; one has been offered. */
    public long oldest() {
        compact();
        return positions[0];
    }

    /** Whether as many were offered as are wanted; to be asked behind {@link #oldest}. */
    public boolean isFull() {
        return size == count;
    }
}
