package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * A client that reads all, and records for each event how long after its due moment it came. Events carry that moment
 * as {@link TimedPublisher} writes it: {@code @} and sixteen hexadecimal digits.
 */
final class TimedReader extends StreamReader {

    static final byte MARK = '@';
    static final int DIGITS = 16;

    /** Asked at each event; confined to this reader's event loop. */
    private final Supplier<Histogram> latencies;

    private long stamp;
    private int digits = DIGITS;
    private long latest;

    private volatile long events;
    private volatile long disorder;

    TimedReader(String target, Supplier<Histogram> latencies) {
        super(target);
        this.latencies = latencies;
    }

    @Override
    void received(Channel channel, ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (true) {
            while (digits < DIGITS && at < end) {
                stamp = stamp << 4 | Character.digit(bytes.getByte(at++), 16);
                if (++digits == DIGITS) {
                    event();
                }
            }
            at = bytes.indexOf(at, end, MARK);
            if (at < 0) {
                return;
            }
            at++;
            stamp = 0;
            digits = 0;
        }
    }

    // One event loop writes, others read.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void event() {
        if (stamp <= latest) {
            disorder++;
        }
        latest = stamp;
        events++;
        latencies.get().recordValue(Math.max(0, System.nanoTime() - stamp));
    }

    /** How many events have come. Any thread. */
    long events() {
        return events;
    }

    /** How many came twice, or behind a later one. Any thread. */
    long disorder() {
        return disorder;
    }
}
