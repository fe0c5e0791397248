package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.sse.Event;
import io.sluice.sse.test.MemorySink;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.lang.management.ManagementFactory;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Steady broadcast allocates nothing per client and event. */
@Tag("optimizing-compiler")
class Invariant6AllocationTest {

    private static final int EVENTS = 300;

    private static final EventFilter ALL = event -> true;

    /** A further client adds no allocation: an event costs the same for ten clients and for a thousand. */
    @Test
    void moreClientsDoNotAllocateMore() {
        assertMoreClientsAddNothing(client -> Selector.of("a", "b", "c/*"));
    }

    /** Clients that share a variant add no allocation either, next to clients without one. */
    @Test
    void moreClientsWithAVariantDoNotAllocateMore() {
        assertMoreClientsAddNothing(client -> {
            Selector selector = Selector.of("a", "b", "c/*");
            return switch (client % 3) {
                case 0 -> selector;
                case 1 -> selector.withEnvelope();
                default -> selector.filtered(ALL);
            };
        });
    }

    private static void assertMoreClientsAddNothing(IntFunction<Selector> selectors) {
        long few = allocatedPerRound(12, selectors);
        long many = allocatedPerRound(1002, selectors);
        assertThat((many - few) / (990.0 * EVENTS))
                .as("bytes per further client and event")
                .isLessThan(0.1);
    }

    private static long allocatedPerRound(int clients, IntFunction<Selector> selectors) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        try (HubFixture bench = new HubFixture()) {
            for (int i = 0; i < clients; i++) {
                MemorySink sink = new MemorySink(bench.hubLane());
                Selector selector = selectors.apply(i);
                bench.onLane(() -> sink.open(selector, StartPosition.live(), null));
            }
            bench.run();
            // The compiler removes allocations once it has compiled the code, which takes more rounds on a busy
            // machine.
            for (int round = 0, same = 0; round < 40 && same < 5; round++) {
                long before =
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId());
                for (int i = 0; i < EVENTS; i++) {
                    bench.hub.publish("a", Event.of("x"));
                    bench.hub.publish("b", Event.of("y"));
                    bench.hub.publish("c/1", Event.of("z"));
                    bench.lane().runAll();
                }
                long allocated =
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
                same = allocated < least ? 0 : same + 1;
                least = Math.min(least, allocated);
                bench.framer().framedBlocks.clear();
                bench.framer().frameSizes().clear();
            }
        }
        return least;
    }
}
