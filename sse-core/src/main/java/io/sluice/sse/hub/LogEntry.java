package io.sluice.sse.hub;

import org.jspecify.annotations.Nullable;

/**
 * One event as kept: immutable, on the heap, encoded to wire bytes once. Only rings point at it (and a pass, for as long
 * as it lasts), so there is nothing to count and nothing to release.
 */
class LogEntry {

    /** What an entry costs beside its bytes: itself, the array's header, its slot. An estimate for the bounds. */
    private static final int OVERHEAD_BYTES = 56;

    /** The place in the hub's sequence. */
    final long position;
    /** When it was published, by the hub's clock. */
    final long nanos;
    /** The whole block, id line included. */
    final byte[] wire;

    LogEntry(long position, long nanos, byte[] wire) {
        this.position = position;
        this.nanos = nanos;
        this.wire = wire;
    }

    /** The id that the publisher chose, or null where the hub gave its own. */
    @Nullable
    String chosenId() {
        return null;
    }

    final int weight() {
        return wire.length + OVERHEAD_BYTES;
    }

    /** An entry whose id was chosen by the publisher: rare, so the others need not carry the field. */
    static final class WithChosenId extends LogEntry {
        private final String chosenId;

        WithChosenId(long position, long nanos, byte[] wire, String chosenId) {
            super(position, nanos, wire);
            this.chosenId = chosenId;
        }

        @Override
        String chosenId() {
            return chosenId;
        }
    }
}
