package io.sluice.sse.hub;

import org.jspecify.annotations.Nullable;

/**
 * One event as kept: immutable, on the heap, encoded to wire bytes once. Only rings and tables point at it (and a pass,
 * for as long as it lasts), so there is nothing to count and nothing to release.
 */
class LogEntry {

    /** What an entry costs beside its bytes: itself, the array's header, its slot. An estimate for the bounds. */
    static final int OVERHEAD_BYTES = 64;

    /** The place in the hub's sequence. */
    final long position;
    /** When it was published, by the hub's clock. */
    final long nanos;
    /** The name of the topic in whose log it is; empty for a block of a lane's own. */
    final String topic;
    /** The whole block, id line included. */
    final byte[] wire;

    LogEntry(long position, long nanos, String topic, byte[] wire) {
        this.position = position;
        this.nanos = nanos;
        this.topic = topic;
        this.wire = wire;
    }

    /** The id that the publisher chose, or null where the hub gave its own. */
    @Nullable
    String chosenId() {
        return null;
    }

    /** What is kept of the key that the publisher gave: only topics that conflate do. */
    @Nullable
    String key() {
        return null;
    }

    int weight() {
        return wire.length + OVERHEAD_BYTES;
    }

    /** An entry whose id was chosen by the publisher: rare, so the others need not carry the field. */
    static final class WithChosenId extends LogEntry {
        private final String chosenId;

        WithChosenId(long position, long nanos, String topic, byte[] wire, String chosenId) {
            super(position, nanos, topic, wire);
            this.chosenId = chosenId;
        }

        @Override
        String chosenId() {
            return chosenId;
        }
    }

    /** An entry of a topic that conflates, whose event has a key. */
    static final class WithKey extends LogEntry {

        /** Two more fields, the string, and its places in the table: by key and by position. */
        private static final int KEY_OVERHEAD_BYTES = 144;

        private final @Nullable String chosenId;
        private final String key;

        WithKey(long position, long nanos, String topic, byte[] wire, @Nullable String chosenId, String key) {
            super(position, nanos, topic, wire);
            this.chosenId = chosenId;
            this.key = key;
        }

        @Override
        @Nullable
        String chosenId() {
            return chosenId;
        }

        @Override
        String key() {
            return key;
        }

        @Override
        int weight() {
            return super.weight() + KEY_OVERHEAD_BYTES + 2 * key.length();
        }
    }
}
