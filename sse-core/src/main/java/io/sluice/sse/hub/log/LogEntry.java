package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Recipients;
import org.jspecify.annotations.Nullable;

/**
 * One event as kept: immutable, on the heap, encoded to wire bytes once. Only rings and tables point at it (and a pass,
 * for as long as it lasts), so there is nothing to count and nothing to release.
 */
public class LogEntry {

    /** What an entry costs beside its bytes: itself, the array's header, its slot. An estimate for the bounds. */
    static final int OVERHEAD_BYTES = 64;

    /** The place in the hub's sequence. */
    public final long position;
    /** When it was published, by the hub's clock. */
    final long nanos;
    /** The name of the topic in whose log it is; empty for a block of a lane's own. */
    public final String topic;
    /** The whole block, id line included. */
    public final byte[] wire;

    public LogEntry(long position, long nanos, String topic, byte[] wire) {
        this.position = position;
        this.nanos = nanos;
        this.topic = topic;
        this.wire = wire;
    }

    /** The id that the publisher chose, or null where the hub gave its own. */
    @Nullable
    public String publisherId() {
        return null;
    }

    /** What is kept of the key that the publisher gave: only topics that conflate do. */
    @Nullable
    String key() {
        return null;
    }

    /** For whom it is meant; null for everybody. */
    @Nullable
    public Recipients recipients() {
        return null;
    }

    /** Who else keeps the same event; null if it was published to this topic alone. */
    @Nullable
    SharedEvent copies() {
        return null;
    }

    /** The same event in another form. */
    final LogEntry withWire(byte[] form) {
        String publisherId = publisherId();
        return publisherId == null
                ? new LogEntry(position, nanos, topic, form)
                : new WithPublisherId(position, nanos, topic, form, publisherId);
    }

    int weight() {
        return wire.length + OVERHEAD_BYTES;
    }

    /** An entry whose id was chosen by the publisher: rare, so the others need not carry the field. */
    public static final class WithPublisherId extends LogEntry {
        private final String publisherId;

        public WithPublisherId(long position, long nanos, String topic, byte[] wire, String publisherId) {
            super(position, nanos, topic, wire);
            this.publisherId = publisherId;
        }

        @Override
        public String publisherId() {
            return publisherId;
        }
    }

    /** An entry of a topic that conflates, whose event has a key. */
    static class WithKey extends LogEntry {

        /** Two more fields, the string, and its places in the table: by key and by position. */
        private static final int KEY_OVERHEAD_BYTES = 144;

        private final @Nullable String publisherId;
        private final @Nullable String key;

        WithKey(
                long position,
                long nanos,
                String topic,
                byte[] wire,
                @Nullable String publisherId,
                @Nullable String key) {
            super(position, nanos, topic, wire);
            this.publisherId = publisherId;
            this.key = key;
        }

        @Override
        public final @Nullable String publisherId() {
            return publisherId;
        }

        @Override
        final @Nullable String key() {
            return key;
        }

        @Override
        int weight() {
            return super.weight() + (key == null ? 0 : KEY_OVERHEAD_BYTES + 2 * key.length());
        }
    }

    /** An entry whose event went to several topics, or is not meant for everybody. */
    public static final class Routed extends WithKey {
        private final @Nullable Recipients recipients;
        private final @Nullable SharedEvent copies;

        public Routed(
                long position,
                long nanos,
                String topic,
                byte[] wire,
                @Nullable String publisherId,
                @Nullable String key,
                @Nullable Recipients recipients,
                @Nullable SharedEvent copies) {
            super(position, nanos, topic, wire, publisherId, key);
            this.recipients = recipients;
            this.copies = copies;
        }

        @Override
        @Nullable
        public Recipients recipients() {
            return recipients;
        }

        @Override
        @Nullable
        SharedEvent copies() {
            return copies;
        }

        @Override
        int weight() {
            return super.weight() + (recipients == null ? 0 : RecipientCodec.weight(recipients));
        }
    }
}
