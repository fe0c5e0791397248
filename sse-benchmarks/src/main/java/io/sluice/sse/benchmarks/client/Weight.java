package io.sluice.sse.benchmarks.client;

/**
 * The objects of one class.
 *
 * @param count the number of objects
 * @param bytes the bytes of all of them, headers and padding included
 */
record Weight(long count, long bytes) {

    static final Weight NONE = new Weight(0, 0);

    Weight plus(Weight other) {
        return new Weight(count + other.count, bytes + other.bytes);
    }

    Weight minus(Weight other) {
        return new Weight(count - other.count, bytes - other.bytes);
    }
}
