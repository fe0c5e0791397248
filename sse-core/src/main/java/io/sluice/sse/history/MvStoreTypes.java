package io.sluice.sse.history;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.jspecify.annotations.Nullable;

/** How the keys and values of {@link MvStoreHistory} look on the disk. */
final class MvStoreTypes {

    private static final int OBJECT_BYTES = 40;

    private MvStoreTypes() {}

    /** Where an event stands: all of a topic are neighbours, in the order of their positions. */
    record Key(int topic, long position) {}

    /** An event without what its key says. */
    @SuppressWarnings("ArrayRecordComponent") // as StoredEvent
    record Kept(
            long timeMillis,
            @Nullable String publisherId,
            @Nullable String recipients,
            byte[] wire) {}

    /** A chosen id: where its event is, the first of its topics, and in how many topics it is kept. */
    record Chosen(long position, String topic, int copies) {}

    /** A topic, under its number. */
    record Row(StoredTopic topic, long oldestMillis) {}

    static final class KeyType extends BasicDataType<Key> {
        @Override
        public int getMemory(Key key) {
            return OBJECT_BYTES;
        }

        @Override
        public void write(WriteBuffer into, Key key) {
            into.putVarInt(key.topic).putVarLong(key.position);
        }

        @Override
        public Key read(ByteBuffer from) {
            return new Key(DataUtils.readVarInt(from), DataUtils.readVarLong(from));
        }

        @Override
        public int compare(Key one, Key other) {
            int byTopic = Integer.compare(one.topic, other.topic);
            return byTopic != 0 ? byTopic : Long.compare(one.position, other.position);
        }

        @Override
        public Key[] createStorage(int size) {
            return new Key[size];
        }
    }

    static final class KeptType extends BasicDataType<Kept> {
        @Override
        public int getMemory(Kept kept) {
            return OBJECT_BYTES + kept.wire.length + memoryOf(kept.publisherId) + memoryOf(kept.recipients);
        }

        @Override
        public void write(WriteBuffer into, Kept kept) {
            into.putVarLong(kept.timeMillis);
            MvStoreTypes.write(into, kept.publisherId);
            MvStoreTypes.write(into, kept.recipients);
            into.putVarInt(kept.wire.length).put(kept.wire);
        }

        @Override
        public Kept read(ByteBuffer from) {
            long timeMillis = DataUtils.readVarLong(from);
            String publisherId = text(from);
            String recipients = text(from);
            return new Kept(timeMillis, publisherId, recipients, bytes(from, DataUtils.readVarInt(from)));
        }

        @Override
        public Kept[] createStorage(int size) {
            return new Kept[size];
        }
    }

    static final class RowType extends BasicDataType<Row> {
        @Override
        public int getMemory(Row row) {
            return 2 * OBJECT_BYTES + row.topic.name().length();
        }

        @Override
        public void write(WriteBuffer into, Row row) {
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
        public Row read(ByteBuffer from) {
            String name = new String(bytes(from, DataUtils.readVarInt(from)), StandardCharsets.UTF_8);
            long floor = DataUtils.readVarLong(from);
            long floorMillis = DataUtils.readVarLong(from);
            int events = DataUtils.readVarInt(from);
            long wireBytes = DataUtils.readVarLong(from);
            long oldest = DataUtils.readVarLong(from);
            long newest = DataUtils.readVarLong(from);
            return new Row(
                    new StoredTopic(name, floor, floorMillis, events, wireBytes, oldest, newest),
                    DataUtils.readVarLong(from));
        }

        @Override
        public Row[] createStorage(int size) {
            return new Row[size];
        }
    }

    static final class ChosenType extends BasicDataType<Chosen> {
        @Override
        public int getMemory(Chosen chosen) {
            return OBJECT_BYTES + memoryOf(chosen.topic);
        }

        @Override
        public void write(WriteBuffer into, Chosen chosen) {
            into.putVarLong(chosen.position).putVarInt(chosen.copies);
            MvStoreTypes.write(into, chosen.topic);
        }

        @Override
        public Chosen read(ByteBuffer from) {
            long position = DataUtils.readVarLong(from);
            int copies = DataUtils.readVarInt(from);
            String topic = text(from);
            return new Chosen(position, topic == null ? "" : topic, copies);
        }

        @Override
        public Chosen[] createStorage(int size) {
            return new Chosen[size];
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
