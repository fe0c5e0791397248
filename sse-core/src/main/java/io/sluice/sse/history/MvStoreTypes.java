package io.sluice.sse.history;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.jspecify.annotations.Nullable;

/** The on-disk format of the keys and values of {@link MvStoreHistory}. */
final class MvStoreTypes {

    private static final int OBJECT_BYTES = 40;

    private MvStoreTypes() {}

    /** The key of an event: the events of a topic are neighbours, in the order of their positions. */
    record EventKey(int topic, long position) {}

    /** An event without the values in its key. */
    @SuppressWarnings("ArrayRecordComponent") // see StoredEvent
    record EventRow(
            long timeMillis,
            @Nullable String publisherId,
            @Nullable String recipients,
            byte[] wire) {}

    /**
     * A publisher-supplied id: the position of its event, the first of its topics, and the number of topics that retain
     * it.
     */
    record PublisherIdRow(long position, String topic, int copies) {}

    /** The end of a topic; its key is the name of the topic. */
    record EndRow(long position, long timeMillis) {}

    /** A topic; its key is its number. */
    record TopicRow(StoredTopic topic, long oldestMillis) {}

    static final class EventKeyType extends BasicDataType<EventKey> {
        @Override
        public int getMemory(EventKey key) {
            return OBJECT_BYTES;
        }

        @Override
        public void write(WriteBuffer into, EventKey key) {
            into.putVarInt(key.topic).putVarLong(key.position);
        }

        @Override
        public EventKey read(ByteBuffer from) {
            return new EventKey(DataUtils.readVarInt(from), DataUtils.readVarLong(from));
        }

        @Override
        public int compare(EventKey one, EventKey other) {
            int byTopic = Integer.compare(one.topic, other.topic);
            return byTopic != 0 ? byTopic : Long.compare(one.position, other.position);
        }

        @Override
        public EventKey[] createStorage(int size) {
            return new EventKey[size];
        }
    }

    static final class EventRowType extends BasicDataType<EventRow> {
        @Override
        public int getMemory(EventRow kept) {
            return OBJECT_BYTES + kept.wire.length + memoryOf(kept.publisherId) + memoryOf(kept.recipients);
        }

        @Override
        public void write(WriteBuffer into, EventRow kept) {
            into.putVarLong(kept.timeMillis);
            MvStoreTypes.write(into, kept.publisherId);
            MvStoreTypes.write(into, kept.recipients);
            into.putVarInt(kept.wire.length).put(kept.wire);
        }

        @Override
        public EventRow read(ByteBuffer from) {
            long timeMillis = DataUtils.readVarLong(from);
            String publisherId = text(from);
            String recipients = text(from);
            return new EventRow(timeMillis, publisherId, recipients, bytes(from, DataUtils.readVarInt(from)));
        }

        @Override
        public EventRow[] createStorage(int size) {
            return new EventRow[size];
        }
    }

    static final class TopicRowType extends BasicDataType<TopicRow> {
        @Override
        public int getMemory(TopicRow row) {
            return 2 * OBJECT_BYTES + row.topic.name().length();
        }

        @Override
        public void write(WriteBuffer into, TopicRow row) {
            StoredTopic topic = row.topic;
            byte[] name = topic.name().getBytes(StandardCharsets.UTF_8);
            into.putVarInt(name.length)
                    .put(name)
                    .putVarLong(topic.floor())
                    .putVarLong(topic.floorMillis())
                    .putVarInt(topic.events())
                    .putVarLong(topic.wireBytes())
                    .putVarLong(topic.oldest())
                    .putVarLong(topic.newest())
                    .putVarLong(row.oldestMillis);
        }

        @Override
        public TopicRow read(ByteBuffer from) {
            String name = new String(bytes(from, DataUtils.readVarInt(from)), StandardCharsets.UTF_8);
            long floor = DataUtils.readVarLong(from);
            long floorMillis = DataUtils.readVarLong(from);
            int events = DataUtils.readVarInt(from);
            long wireBytes = DataUtils.readVarLong(from);
            long oldest = DataUtils.readVarLong(from);
            long newest = DataUtils.readVarLong(from);
            return new TopicRow(
                    new StoredTopic(name, floor, floorMillis, events, wireBytes, oldest, newest),
                    DataUtils.readVarLong(from));
        }

        @Override
        public TopicRow[] createStorage(int size) {
            return new TopicRow[size];
        }
    }

    static final class PublisherIdRowType extends BasicDataType<PublisherIdRow> {
        @Override
        public int getMemory(PublisherIdRow row) {
            return OBJECT_BYTES + memoryOf(row.topic);
        }

        @Override
        public void write(WriteBuffer into, PublisherIdRow row) {
            into.putVarLong(row.position).putVarInt(row.copies);
            MvStoreTypes.write(into, row.topic);
        }

        @Override
        public PublisherIdRow read(ByteBuffer from) {
            long position = DataUtils.readVarLong(from);
            int copies = DataUtils.readVarInt(from);
            String topic = text(from);
            return new PublisherIdRow(position, topic == null ? "" : topic, copies);
        }

        @Override
        public PublisherIdRow[] createStorage(int size) {
            return new PublisherIdRow[size];
        }
    }

    static final class EndRowType extends BasicDataType<EndRow> {
        @Override
        public int getMemory(EndRow row) {
            return OBJECT_BYTES;
        }

        @Override
        public void write(WriteBuffer into, EndRow row) {
            into.putVarLong(row.position).putVarLong(row.timeMillis);
        }

        @Override
        public EndRow read(ByteBuffer from) {
            long position = DataUtils.readVarLong(from);
            return new EndRow(position, DataUtils.readVarLong(from));
        }

        @Override
        public EndRow[] createStorage(int size) {
            return new EndRow[size];
        }
    }

    private static int memoryOf(@Nullable String text) {
        return text == null ? 0 : 2 * text.length();
    }

    private static void write(WriteBuffer into, @Nullable String text) {
        if (text == null) {
            into.putVarInt(0);
        } else {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            into.putVarInt(1 + bytes.length).put(bytes);
        }
    }

    private static @Nullable String text(ByteBuffer from) {
        int count = DataUtils.readVarInt(from);
        return count == 0 ? null : new String(bytes(from, count - 1), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer from, int count) {
        byte[] bytes = new byte[count];
        from.get(bytes);
        return bytes;
    }
}
