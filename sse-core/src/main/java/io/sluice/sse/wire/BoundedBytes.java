package io.sluice.sse.wire;

import java.util.Arrays;

/** A growing byte buffer with a limit. */
final class BoundedBytes {
    private static final int INITIAL_CAPACITY = 256;

    private final String what;
    private final int limit;
    private byte[] bytes = {};
    private int length;

    BoundedBytes(String what, int limit) {
        this.what = what;
        this.limit = limit;
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    void append(byte[] source, int from, int to) {
        int count = to - from;
        requireRoom((long) length + count);
        if (count > bytes.length - length) {
            long doubled = Math.max(INITIAL_CAPACITY, 2L * bytes.length);
            bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(doubled, length + count)));
        }
        System.arraycopy(source, from, bytes, length, count);
        length += count;
    }

    void requireRoom(long wanted) {
        if (wanted > limit) {
            throw new IllegalStateException(
                    what + ": " + wanted + " bytes or more (expected: at most maxEventBytes, " + limit + ")");
        }
    }
}
