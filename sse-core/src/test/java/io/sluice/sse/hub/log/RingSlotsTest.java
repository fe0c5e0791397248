package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RingSlotsTest {

    private static LogEntry entry(long position) {
        return new LogEntry(position, 0, "", new byte[0]);
    }

    /** The slots with one more entry, whose position is its index. */
    private static Object[] append(Object[] slots, long oldest, long next) {
        Object[] larger = RingSlots.withRoom(slots, oldest, next);
        RingSlots.setRelease(larger, next, entry(next));
        return larger;
    }

    @Test
    void everyEntryIsFoundByItsIndexWhateverTheSizeOfTheRing() {
        Random random = new Random(7);
        for (int max = 1; max <= 70; max++) {
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
                    assertThat(RingSlots.get(slots, index).position).isEqualTo(index);
                    assertThat(RingSlots.getAcquire(slots, index)).isSameAs(RingSlots.get(slots, index));
                }
            }
        }
    }

    @Test
    void anEvictedEntryIsNotKeptAndItsChunkLeavesWithTheLastOne() {
        Object[] slots = RingSlots.EMPTY;
        for (long next = 0; next < 3 * RingSlots.CHUNK; next++) {
            slots = append(slots, 0, next);
        }
        LogEntry[][] table = (LogEntry[][]) slots;
        assertThat(table).hasNumberOfRows(4);
        for (long oldest = 0; oldest < RingSlots.CHUNK; oldest++) {
            assertThat(table[0]).isNotNull();
            RingSlots.clearRelease(slots, oldest);
            assertThat(RingSlots.getAcquire(slots, oldest)).isNull();
        }
        assertThat(table[0]).isNull();
        assertThat(table[1]).doesNotContainNull();
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
                    assertThat(found).isSameAs(RingSlots.get(slots, index));
                }
            }
        }
    }
}
