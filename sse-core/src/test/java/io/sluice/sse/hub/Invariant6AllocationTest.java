package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** Steady broadcast allocates nothing per client and event. */
class Invariant6AllocationTest {

    private static final int EVENTS = 300;

    private static final class QuietSink extends LaneSink {
        QuietSink(HubLane lane) {
            super(lane, null);
        }

        @Override
        protected boolean canWrite() {
            return true;
        }

        @Override
        protected long room() {
            return 1 << 16;
        }

        @Override
        protected void write(Frame frame) {}

        @Override
        protected void flush() {}

        @Override
        protected long pendingBytes() {
            return 0;
        }

        @Override
        protected long progress() {
            return 0;
        }

        @Override
        protected void end(CloseReason reason, boolean orderly) {}
    }

    /** What a further client adds is nothing: the cost of an event is the same for ten clients and for a thousand. */
    @Test
    void moreClientsDoNotAllocateMore() {
        long few = allocatedPerRound(10);
        long many = allocatedPerRound(1000);
        assertThat((many - few) / (990.0 * EVENTS))
                .as("bytes per further client and event")
                .isLessThan(0.1);
    }

    private static long allocatedPerRound(int clients) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        try (Bench bench = new Bench()) {
            for (int i = 0; i < clients; i++) {
                QuietSink sink = new QuietSink(bench.hubLane());
                bench.onLane(() -> sink.open(Selector.of("a", "b", "c/*"), Start.live(), null));
            }
            bench.run();
            for (int round = 0; round < 5; round++) {
                long before =
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId());
                for (int i = 0; i < EVENTS; i++) {
                    bench.hub.publish("a", Event.of("x"));
                    bench.hub.publish("b", Event.of("y"));
                    bench.hub.publish("c/1", Event.of("z"));
                    bench.lane().runAll();
                }
                least = Math.min(
                        least,
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
                bench.framer().framedBlocks.clear();
                bench.framer().frameSizes.clear();
            }
        }
        return least;
    }
}
