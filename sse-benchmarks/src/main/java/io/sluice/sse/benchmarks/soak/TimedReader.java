package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * A client that reads everything, and records for each event how long after its due moment it arrived. Events carry
 * that moment as {@link TimedPublisher} writes it: {@code @} and sixteen hexadecimal digits.
 */
final class TimedReader extends StreamReader {

    static final byte MARK = '@';
    static final int DIGITS = 16;

    /** Called for each event; confined to this reader's event loop. */
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

    // Written by one event loop, read by other threads.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void event() {
        if (stamp <= latest) {
            disorder++;
        }
        latest = stamp;
        events++;
        latencies.get().recordValue(Math.max(0, System.nanoTime() - stamp));
    }

    /** The number of events received. Any thread. */
    long events() {
        return events;
    }

    /** The number of events received twice or after a later one. Any thread. */
    long disorder() {
        return disorder;
    }
}
