package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopicLogTest {

    private static LogEntry entry(long position, int bytes) {
        return new LogEntry(position, 0, "", new byte[bytes]);
    }

    /** An entry whose bytes tell its position. */
    private static LogEntry stamped(long position) {
        return new LogEntry(
                position, 0, "", ByteBuffer.allocate(20).putLong(position).array());
    }

    private static long oldestFromNewest(TopicLog log) {
        long[] last = {0};
        assertThat(log.forEachNewestPosition(position -> {
                    last[0] = position;
                    return true;
                }))
                .isTrue();
        return last[0];
    }

    @Test
    void aRingGrowsEvictsAndWrapsAround() {
        TopicLog log = new TopicLog(Floor.NONE);
        Random random = new Random(1);
        long evicted = 0;
        for (long p = 1; p <= 5000; p++) {
            while (log.size() > 0 && (log.size() >= 100 || random.nextInt(3) == 0)) {
                evicted = log.evictOldest(p).position;
            }
            log.append(entry(p, random.nextInt(50)));
            log.assertValid();
            assertThat(log.floor()).isEqualTo(evicted);
            assertThat(log.newest().position).isEqualTo(p);
            assertThat(oldestFromNewest(log)).isEqualTo(log.oldest().position);
            assertThat(LogAssertions.kept(log).get(0))
                    .usingRecursiveComparison()
                    .isEqualTo(log.oldest());
            assertThat(log.hasAfter(p - 1)).isTrue();
            assertThat(log.hasAfter(p)).isFalse();
        }
    }

    @Test
    void aCopyStartsAtAnyPositionAndEndsAtTheHeadOrTheLimit() {
        TopicLog log = new TopicLog(Floor.NONE);
        for (long p = 2; p <= 40; p += 2) {
            log.append(entry(p, 10));
        }
        Entries into = new Entries();
        for (long after = 0; after <= 41; after++) {
            for (long head = after; head <= 41; head++) {
                into.clear();
                TopicLog.Copied copied = log.copy(after, head, 55, into);
                long all = head / 2 - after / 2;
                boolean cut = all > 5;
                assertThat(into.size()).isEqualTo((int) Math.min(all, 5));
                assertThat(copied)
                        .isEqualTo(
                                cut
                                        ? TopicLog.Copied.UP_TO_ROOM
                                        : head < 40 ? TopicLog.Copied.UP_TO_HEAD : TopicLog.Copied.ALL);
                for (int i = 0; i < into.size(); i++) {
                    assertThat(into.get(i).position).isEqualTo((after / 2 + i + 1) * 2);
                }
            }
        }
        into.clear();
        log.append(entry(42, 1000));
        log.copy(40, 42, 55, into);
        assertThat(into.size()).as("one event, however large").isEqualTo(1);
    }

    @Test
    void onlyEvictionsAfterTheLastReportAreAGap() {
        TopicLog log = new TopicLog(new Floor(5, 2, 0));
        assertThat(log.isGap(4, 0)).isTrue();
        assertThat(log.isGap(4, 2)).as("reported").isFalse();
        assertThat(log.isGap(5, 0)).as("seen").isFalse();
        log.append(entry(7, 1));
        log.evictOldest(3);
        assertThat(log.isGap(4, 2)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 40})
    void aNewEntryInTheSlotOfASeenOneDoesNotEndTheCopy(int size) {
        for (int overtaken = 0; overtaken <= 2 * size; overtaken++) {
            TopicLog log = new TopicLog(Floor.NONE);
            for (long p = 1; p <= size; p++) {
                log.append(entry(p, 1));
            }
            Object[] array = log.slots();
            for (long p = size + 1; p <= size + overtaken; p++) {
                log.evictOldest(p);
                log.append(entry(p, 1));
            }
            for (long after = overtaken; after < size; after++) {
                Entries into = new Entries();
                RingSlots.copy(array, 0, size, after, size, 100, into);
                assertThat(log.isGap(after, 0)).isFalse();
                assertThat(into.size())
                        .as("after %s, overtaken by %s", after, overtaken)
                        .isEqualTo((int) (size - after));
            }
        }
    }

    /** A reader acquires the head, copies, and checks the floor: the events it accepts are complete and in order. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 17, 64})
    void aConcurrentReaderFindsNoHoleThatTheFloorDoesNotShow(int keep) throws Exception {
        TopicLog log = new TopicLog(Floor.NONE);
        AtomicLong head = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] readers = new Thread[2];
        for (int r = 0; r < readers.length; r++) {
            readers[r] = new Thread(() -> {
                Entries into = new Entries();
                long after = 0;
                try {
                    while (!stop.get()) {
                        into.clear();
                        long seen = head.get();
                        TopicLog.Copied copied = log.copy(after, seen, 200, into);
                        long floor = log.floor();
                        if (floor > after) {
                            after = floor; // lapped
                            continue;
                        }
                        for (int i = 0; i < into.size(); i++) {
                            LogEntry entry = into.get(i);
                            if (entry.position != after + 1) {
                                throw new AssertionError(entry.position + " follows " + after);
                            }
                            if (ByteBuffer.wrap(entry.wire).getLong() != entry.position) {
                                throw new AssertionError(entry.position + " has the bytes of another entry");
                            }
                            after++;
                        }
                        if (copied != TopicLog.Copied.UP_TO_ROOM && after != seen) {
                            throw new AssertionError("the head is " + seen + ", read up to " + after);
                        }
                    }
                } catch (Throwable t) {
                    failure.set(t);
                }
            });
            readers[r].start();
        }
        Random random = new Random(keep);
        for (long p = 1; p <= 300_000 && failure.get() == null; p++) {
            while (log.size() >= keep || (log.size() > 0 && random.nextInt(50) == 0)) {
                log.evictOldest(p);
            }
            log.append(stamped(p));
            head.set(p);
        }
        stop.set(true);
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(failure.get()).isNull();
    }
}
