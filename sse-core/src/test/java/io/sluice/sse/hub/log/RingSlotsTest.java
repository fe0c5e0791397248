package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RingSlotsTest {

    private static LogEntry entry(long position) {
        return new LogEntry(position, nanosOf(position), "a", wireOf(position));
    }

    private static long nanosOf(long position) {
        return 1_000_000 - 3 * position;
    }

    private static byte[] wireOf(long position) {
        return ("data: " + "x".repeat((int) position % 90) + position).getBytes(StandardCharsets.US_ASCII);
    }

    private static void assertIsEntry(@Nullable LogEntry entry, long position) {
        assertThat(entry).isNotNull();
        assertThat(entry.position).isEqualTo(position);
        assertThat(entry.nanos).isEqualTo(nanosOf(position));
        assertThat(entry.topic).isEqualTo("a");
        assertThat(entry.wire).isEqualTo(wireOf(position));
    }

    /** A ring of the entries from {@code oldest} to {@code next}. */
    private static Object[] ring(long oldest, long next) {
        Object[] slots = RingSlots.EMPTY;
        for (long i = oldest; i < next; i++) {
            slots = append(slots, oldest, i);
        }
        return slots;
    }

    private static long packedChunks(Object[] table) {
        return Arrays.stream(table).filter(PackedEntries.class::isInstance).count();
    }

    /** The slots with one more entry, whose position is its index. */
    private static Object[] append(Object[] slots, long oldest, long next) {
        Object[] larger = RingSlots.withRoom(slots, oldest, next);
        RingSlots.setRelease(larger, next, entry(next));
        pack(larger, next, null);
        return larger;
    }

    private static @Nullable PackedEntries pack(Object[] slots, long newest, @Nullable PackedEntries spare) {
        return RingSlots.packsPrevious(slots, newest)
                ? RingSlots.packPrevious(slots, newest, nanosOf(newest), spare)
                : spare;
    }

    @Test
    void everyEntryIsFoundByItsIndexWhateverTheSizeOfTheRing() {
        Random random = new Random(7);
        for (int max = 1; max <= 100; max += max < 70 ? 1 : 13) {
            Object[] slots = RingSlots.EMPTY;
            long oldest = random.nextInt(100);
            long next = oldest;
            for (int i = 0; i < 500; i++) {
                while (next - oldest == max || (next > oldest && random.nextInt(max + 1) == 0)) {
                    RingSlots.clearRelease(slots, oldest++);
                }
                slots = next == oldest ? append(RingSlots.EMPTY, oldest, next) : append(slots, oldest, next);
                next++;
                for (long index = oldest; index < next; index++) {
                    assertIsEntry(RingSlots.get(slots, index), index);
                    assertIsEntry(RingSlots.getAcquire(slots, index), index);
                    assertThat(RingSlots.positionAcquire(slots, index)).isEqualTo(index);
                    assertThat(RingSlots.position(slots, index)).isEqualTo(index);
                    assertThat(RingSlots.nanos(slots, index)).isEqualTo(nanosOf(index));
                }
                assertThat(RingSlots.firstAfter(slots, oldest, next, (oldest + next) / 2))
                        .isEqualTo(Math.min(next, (oldest + next) / 2 + 1));
            }
        }
    }

    @Test
    void anEvictedEntryIsNotKeptAndItsChunkLeavesWithTheLastOne() {
        Object[] table = new Object[2];
        for (long i = 0; i < 2 * RingSlots.CHUNK; i++) {
            RingSlots.setRelease(table, i, entry(i));
        }
        for (long oldest = 0; oldest < RingSlots.CHUNK; oldest++) {
            assertThat(table[0]).isNotNull();
            assertThat(RingSlots.clearRelease(table, oldest)).isNull();
            assertThat(RingSlots.getAcquire(table, oldest)).isNull();
        }
        assertThat(table[0]).isNull();
        assertThat((LogEntry[]) table[1]).doesNotContainNull();
    }

    @Test
    void aPackedChunkStaysPackedUntilItsLastEntryIsEvicted() {
        Object[] table = ring(0, 8 * RingSlots.CHUNK);
        Object packed = table[1];
        assertThat(packed).isInstanceOf(PackedEntries.class);
        for (long oldest = RingSlots.CHUNK; oldest < 2 * RingSlots.CHUNK; oldest++) {
            assertThat(table[1]).isSameAs(packed);
            assertIsEntry(RingSlots.get(table, oldest), oldest);
            PackedEntries cleared = RingSlots.clearRelease(table, oldest);
            assertThat(cleared).isSameAs(oldest < 2 * RingSlots.CHUNK - 1 ? null : packed);
        }
        assertThat(table[1]).isNull();
        assertThat(RingSlots.getAcquire(table, RingSlots.CHUNK)).isNull();
    }

    /** The memory of an evicted chunk is that of the next one, if its size is right. */
    @Test
    void aReaderOfAnEvictedChunkFindsNothingWhenItsMemoryHasAnotherOne() {
        Object[] table = ring(0, 8 * RingSlots.CHUNK);
        PackedEntries old = (PackedEntries) table[1];
        assertIsEntry(old.get(3, 1), RingSlots.CHUNK + 3);

        LogEntry[] chunk = new LogEntry[RingSlots.CHUNK];
        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = entry(90 + RingSlots.CHUNK + i); // of nearly the same sizes
        }
        assertThat(PackedEntries.pack(chunk, 9, old)).isSameAs(old);
        assertThat(old.get(3, 1)).isNull();
        assertThat(old.position(3, 1)).isZero();
        assertIsEntry(old.get(3, 9), 90 + RingSlots.CHUNK + 3);

        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = new LogEntry(i + 1, 0, "a", new byte[200]);
        }
        assertThat(PackedEntries.pack(chunk, 10, old))
                .as("it has too little room")
                .isNotSameAs(old);
        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = new LogEntry(i + 1, 0, "a", new byte[2]);
        }
        assertThat(PackedEntries.pack(chunk, 10, old))
                .as("it has far more room")
                .isNotSameAs(old);
        assertIsEntry(old.get(3, 9), 90 + RingSlots.CHUNK + 3);
    }

    /** Live passes read the youngest entries as they were appended; only what is older is packed. */
    @Test
    void theYoungestEntriesStayObjectsAndOlderChunksArePacked() {
        int count = 20 * RingSlots.CHUNK;
        Object[] slots = ring(0, count);
        assertThat(packedChunks(slots))
                .as("all but two, once the ring is large")
                .isEqualTo(18);
        for (long i = count - RingSlots.CHUNK / 2; i < count; i++) {
            assertThat(RingSlots.getAcquire(slots, i)).isSameAs(RingSlots.get(slots, i));
        }
    }

    /** A chunk of a topic with few events in a second is packed as soon as it is full. */
    @Test
    void aChunkOfOldEntriesIsPackedWhenTheNextOneBegins() {
        Object[] slots = ring(0, 4 * RingSlots.CHUNK);
        assertThat(slots[3]).isInstanceOf(LogEntry[].class);
        for (long next = 4 * RingSlots.CHUNK; next <= 5 * RingSlots.CHUNK; next++) {
            slots = RingSlots.withRoom(slots, 0, next);
            long nanos = next * 10_000_000;
            RingSlots.setRelease(slots, next, new LogEntry(next, nanos, "a", wireOf(next)));
            if (RingSlots.packsPrevious(slots, next)) {
                RingSlots.packPrevious(slots, next, nanos, null);
            }
            assertThat(slots[3]).isInstanceOf(PackedEntries.class);
        }
        assertThat(slots[4]).isInstanceOf(PackedEntries.class);
        assertIsEntryAt(slots, 4 * RingSlots.CHUNK);
    }

    private static void assertIsEntryAt(Object[] slots, long position) {
        LogEntry entry = RingSlots.get(slots, position);
        assertThat(entry.position).isEqualTo(position);
        assertThat(entry.wire).isEqualTo(wireOf(position));
    }

    /** An entry that has more than its bytes, or many bytes, keeps its chunk from being packed. */
    @Test
    void onlySmallPlainEntriesArePacked() {
        List<LogEntry> others = List.of(
                new LogEntry.WithPublisherId(40, nanosOf(40), "a", wireOf(40), "id"),
                new LogEntry.WithKey(40, nanosOf(40), "a", wireOf(40), null, "key"),
                new LogEntry.Routed(40, nanosOf(40), "a", wireOf(40), null, null, null, null),
                new LogEntry(40, nanosOf(40), "a", new byte[PackedEntries.MAX_BYTES]));
        for (LogEntry other : others) {
            Object[] slots = ring(0, 40);
            slots = RingSlots.withRoom(slots, 0, 40);
            RingSlots.setRelease(slots, 40, other);
            pack(slots, 40, null);
            for (long next = 41; next < 64; next++) {
                slots = append(slots, 0, next);
            }
            assertThat(packedChunks(slots)).as(other.getClass().getName()).isEqualTo(1);
            assertThat(RingSlots.get(slots, 40)).isSameAs(other);
        }
    }

    /** A reader may hold slots that were replaced: they still have every entry below the end that it read before. */
    @Test
    void slotsThatWereReplacedKeepWhatTheyHad() {
        Object[] slots = RingSlots.EMPTY;
        for (long next = 0; next < 200; next++) {
            Object[] seen = slots;
            slots = append(slots, 0, next);
            if (slots != seen) {
                for (long index = 0; index < next; index++) {
                    LogEntry found = RingSlots.getAcquire(seen, index);
                    assertIsEntry(found, index);
                }
            }
        }
    }
}
