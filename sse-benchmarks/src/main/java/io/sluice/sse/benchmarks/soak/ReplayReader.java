package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.concurrent.CountDownLatch;

/** A client that comes back and counts the events it had missed, as {@link TimedPublisher} marks them. */
final class ReplayReader extends StreamReader {

    private final int expected;
    private final CountDownLatch served;
    private int events;

    ReplayReader(String target, String lastEventId, int expected, CountDownLatch served) {
        super(target, lastEventId);
        this.expected = expected;
        this.served = served;
    }

    @Override
    void received(Channel channel, ByteBuf bytes) {
        int end = bytes.writerIndex();
        int at = bytes.indexOf(bytes.readerIndex(), end, TimedReader.MARK);
        for (; at >= 0; at = bytes.indexOf(at + 1, end, TimedReader.MARK)) {
            if (++events == expected) {
                served.countDown();
            }
        }
    }
}
