package io.sluice.sse.hub.lane;

import java.util.Arrays;

/**
 * The events of several topics for the same sinks, in the order of their positions: runs of blocks from frames that
 * exist already. So no topic is framed twice. The lane reuses the object, so it is valid only during the call that it
 * is passed to.
 */
public final class Splice {

    private Frame[] frames = new Frame[8];
    private int[] from = new int[8];
    private int[] to = new int[8];
    private int size;

    Splice() {}

    void clear() {
        Arrays.fill(frames, 0, size, null);
        size = 0;
    }

    /** Adds block {@code index} of {@code frame}; extends the last run if it continues it. */
    void add(Frame frame, int index) {
        if (size > 0 && frames[size - 1] == frame && to[size - 1] == index) {
            to[size - 1]++;
            return;
        }
        if (size == frames.length) {
            frames = Arrays.copyOf(frames, size * 2);
            from = Arrays.copyOf(from, size * 2);
            to = Arrays.copyOf(to, size * 2);
        }
        frames[size] = frame;
        from[size] = index;
        to[size++] = index + 1;
    }

    /** The number of runs. */
    public int size() {
        return size;
    }

    /** The frame that a run is taken from. */
    public Frame frame(int run) {
        return frames[run];
    }

    /** The index of the first block of a run. */
    public int from(int run) {
        return from[run];
    }

    /** The index after the last block of a run. */
    public int to(int run) {
        return to[run];
    }
}
