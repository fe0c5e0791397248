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
    record Kept(long timeMillis, @Nullable String chosenId, byte[] wire) {}

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
            return OBJECT_BYTES + kept.wire.length + (kept.chosenId == null ? 0 : 2 * kept.chosenId.length());
        }

        @Override
        public void write(WriteBuffer into, Kept kept) {
            into.putVarLong(kept.timeMillis);
            if (kept.chosenId == null) {
                into.putVarInt(0);
            } else {
                byte[] id = kept.chosenId.getBytes(StandardCharsets.UTF_8);
                into.putVarInt(1 + id.length).put(id);
            }
            into.putVarInt(kept.wire.length).put(kept.wire);
        }

        @Override
        public Kept read(ByteBuffer from) {
            long timeMillis = DataUtils.readVarLong(from);
            int idBytes = DataUtils.readVarInt(from);
            String chosenId = idBytes == 0 ? null : new String(bytes(from, idBytes - 1), StandardCharsets.UTF_8);
            return new Kept(timeMillis, chosenId, bytes(from, DataUtils.readVarInt(from)));
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
            int events = DataUtils.readVarInt(from);
            long wireBytes = DataUtils.readVarLong(from);
            long oldest = DataUtils.readVarLong(from);
            long newest = DataUtils.readVarLong(from);
            return new Row(
                    new StoredTopic(name, floor, events, wireBytes, oldest, newest), DataUtils.readVarLong(from));
        }

        @Override
        public Row[] createStorage(int size) {
            return new Row[size];
        }
    }

    private static byte[] bytes(ByteBuffer from, int count) {
        byte[] bytes = new byte[count];
        from.get(bytes);
        return bytes;
    }
}
