package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

class PackedEntriesTest {

    private static final int READERS = 2;
    private static final int CHUNKS = 200_000;

    private volatile long current;
    private volatile boolean done;

    private static LogEntry[] chunk(long number) {
        LogEntry[] chunk = new LogEntry[RingSlots.CHUNK];
        for (int i = 0; i < chunk.length; i++) {
            long position = number * RingSlots.CHUNK + i + 1;
            int size = Long.BYTES + (int) (position % 7);
            chunk[i] = new LogEntry(
                    position,
                    -position,
                    "a",
                    ByteBuffer.allocate(size).putLong(position).array());
        }
        return chunk;
    }

    /** The writer uses the memory of one chunk again and again, while readers read it. */
    @Test
    void aReaderGetsAnEntryOfTheChunkThatItNamesOrNothing() throws Exception {
        PackedEntries packed = PackedEntries.pack(chunk(0), 0, null);
        assertThat(packed).isNotNull();
        ExecutorService executor = Executors.newFixedThreadPool(READERS);
        try {
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                readers.add(executor.submit((Callable<Long>) () -> read(packed)));
            }
            for (long number = 1; number < CHUNKS && readers.stream().noneMatch(Future::isDone); number++) {
                assertThat(PackedEntries.pack(chunk(number), number, packed)).isSameAs(packed);
                current = number;
            }
            done = true;
            for (Future<Long> reader : readers) {
                assertThat(reader.get()).as("entries that were read").isPositive();
            }
        } finally {
            done = true;
            executor.shutdownNow();
        }
    }

    /** @return how often an entry was read while the writer worked */
    private long read(PackedEntries packed) {
        long found = 0;
        while (!done) {
            long number = current;
            int at = ThreadLocalRandom.current().nextInt(RingSlots.CHUNK);
            long expected = number * RingSlots.CHUNK + at + 1;
            LogEntry entry = packed.get(at, number);
            if (entry != null) {
                found++;
                assertThat(entry.position).isEqualTo(expected);
                assertThat(entry.nanos).isEqualTo(-expected);
                assertThat(entry.wire).hasSize(Long.BYTES + (int) (expected % 7));
                assertThat(ByteBuffer.wrap(entry.wire).getLong()).isEqualTo(expected);
            }
            assertThat(packed.position(at, number)).isIn(0L, expected);
            assertThat(packed.nanos(at, number)).isIn(0L, -expected);
        }
        return found;
    }
}
