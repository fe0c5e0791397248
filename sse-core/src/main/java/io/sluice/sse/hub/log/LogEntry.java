package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Recipients;
import org.jspecify.annotations.Nullable;

/**
 * One event as a topic keeps it: on the heap, encoded once. Only rings and tables refer to it, and a pass while it
 * lasts. So the garbage collector frees it; nothing is counted or released. Immutable, except that an entry of a topic
 * that conflates can be superseded.
 */
public class LogEntry {

    /** The heap bytes of an entry without its wire bytes: object, array header and slot. An estimate for the bounds. */
    static final int OVERHEAD_BYTES = 64;

    /** The heap bytes of an id that its publisher chose: the string, and its place in the map of such ids. */
    static final int PUBLISHER_ID_BYTES = 150;

    /** The position in the hub's sequence. */
    public final long position;
    /** When it was published, by the hub's clock. */
    final long nanos;
    /** The name of the topic that keeps the entry; empty for a block that a lane made itself. */
    public final String topic;
    /** The whole encoded block, including the id line. */
    public final byte[] wire;

    public LogEntry(long position, long nanos, String topic, byte[] wire) {
        this.position = position;
        this.nanos = nanos;
        this.topic = topic;
        this.wire = wire;
    }

    /**
     * An entry that was read again, for one write: no log keeps it.
     *
     * @param recipients null for every subscriber
     */
    static LogEntry read(
            long position, String topic, byte[] wire, @Nullable String publisherId, @Nullable Recipients recipients) {
        if (recipients != null) {
            return new Routed(position, 0, topic, wire, publisherId, null, recipients, null);
        }
        return publisherId == null
                ? new LogEntry(position, 0, topic, wire)
                : new WithPublisherId(position, 0, topic, wire, publisherId);
    }

    /** The id that the publisher chose; null if the hub assigned the id. */
    @Nullable
    public String publisherId() {
        return null;
    }

    /**
     * The key under which the conflation table keeps the event. Null if it has no key or the topic does not conflate.
     */
    @Nullable
    String key() {
        return null;
    }

    /**
     * Whether a newer event of its key was published, or its key was removed, in a topic that conflates. Any thread.
     */
    public boolean isSuperseded() {
        return false;
    }

    /** The recipients; null for every subscriber. */
    @Nullable
    public Recipients recipients() {
        return null;
    }

    /** Counts the topics that keep the same event; null if it was published to this topic only. */
    @Nullable
    SharedEvent shared() {
        return null;
    }

    /** The same event with other bytes. */
    final LogEntry withWire(byte[] form) {
        String publisherId = publisherId();
        return publisherId == null
                ? new LogEntry(position, nanos, topic, form)
                : new WithPublisherId(position, nanos, topic, form, publisherId);
    }

    int weight() {
        String publisherId = publisherId();
        return wire.length + OVERHEAD_BYTES + (publisherId == null ? 0 : PUBLISHER_ID_BYTES + publisherId.length());
    }

    /** An entry whose publisher chose the id. This is rare, so other entries do not have the field. */
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

        /** Two more fields, the string, and two map entries in the table: by key and by position. */
        private static final int KEY_OVERHEAD_BYTES = 144;

        private final @Nullable String publisherId;
        private final @Nullable String key;
        /** Written under the hub's lock, read anywhere. */
        private volatile boolean superseded;

        /** Whether its key was removed while it was the latest event. Written under the hub's lock, read anywhere. */
        private volatile boolean keyRemoved;

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
        public final boolean isSuperseded() {
            return superseded || keyRemoved;
        }

        final boolean isKeyRemoved() {
            return keyRemoved;
        }

        final void setKeyRemoved() {
            keyRemoved = true;
        }

        final void setSuperseded() {
            superseded = true;
        }

        @Override
        int weight() {
            return super.weight() + (key == null ? 0 : KEY_OVERHEAD_BYTES + 2 * key.length());
        }
    }

    /** An entry whose event was published to several topics, or not for every subscriber. */
    public static final class Routed extends WithKey {
        private final @Nullable Recipients recipients;
        private final @Nullable SharedEvent shared;

        public Routed(
                long position,
                long nanos,
                String topic,
                byte[] wire,
                @Nullable String publisherId,
                @Nullable String key,
                @Nullable Recipients recipients,
                @Nullable SharedEvent shared) {
            super(position, nanos, topic, wire, publisherId, key);
            this.recipients = recipients;
            this.shared = shared;
        }

        @Override
        @Nullable
        public Recipients recipients() {
            return recipients;
        }

        @Override
        @Nullable
        SharedEvent shared() {
            return shared;
        }

        @Override
        int weight() {
            return super.weight() + (recipients == null ? 0 : RecipientCodec.weight(recipients));
        }
    }
}
