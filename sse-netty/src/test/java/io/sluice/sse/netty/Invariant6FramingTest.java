package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.EventExecutor;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Design, invariant 6: framed once per lane for all, and a steady broadcast allocates nothing per client and event. */
class Invariant6FramingTest {

    @OverEachTransport
    void anEventForAThousandClientsIsFramedOncePerLane(Transport transport) throws IOException {
        int clients = 1000;
        List<RawClient> open = new ArrayList<>();
        try (SseServer server = TestServers.on(transport)
                .streams("/events/**", StreamRoute.anyTopics())
                .start()) {
            Hub hub = server.hub();
            try {
                for (int i = 0; i < clients; i++) {
                    open.add(RawClient.open(server.port(), "/events/news?topic=own/" + i));
                }
                // A new client first catches up alone to the position of the others. That is not counted.
                hub.publish("news", Event.of("to all"));
                for (RawClient client : open) {
                    client.awaitEvents(1);
                }
                for (int event = 2; event <= 5; event++) {
                    long before = hub.stats().framed();
                    hub.publish("news", Event.of("to all"));
                    for (RawClient client : open) {
                        client.awaitEvents(event);
                    }
                    assertThat(hub.stats().framed() - before).as("frames").isLessThanOrEqualTo(2);
                }
                long before = hub.stats().framed();
                hub.publish("own/7", Event.of("to one"));
                open.get(7).awaitEvents(6);
                assertThat(hub.stats().framed() - before).as("frames").isEqualTo(1);
                await().untilAsserted(() -> assertThat(hub.stats().delivered()).isEqualTo(5L * clients + 1));
            } finally {
                for (RawClient client : open) {
                    client.close();
                }
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachTransport
    void steadyBroadcastAllocatesNothingPerClientAndEvent(Transport transport) throws Exception {
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(
                ResourceLeakDetector.Level.SIMPLE); // the default; BatchFramerTest covers the sampled frames
        int clients = 200;
        List<RawClient> open = new ArrayList<>();
        try (SseServer server =
                TestServers.on(transport).threads(1).heartbeat(Duration.ZERO).start()) {
            for (int i = 0; i < clients; i++) {
                open.add(RawClient.open(server.port(), "/events/news"));
            }
            Broadcast broadcast = new Broadcast(server, open);
            broadcast.run(50);
            // The first rounds may cost more, until the code is compiled and the pools are full.
            double each = broadcast.leastUntil(allowed(transport) * clients, 25, 50) / clients;
            System.out.printf("%s: %.3f bytes per client and event%n", transport, each);
            assertThat(each).as("bytes per client and event").isLessThan(allowed(transport));
        } finally {
            ResourceLeakDetector.setLevel(level);
            for (RawClient client : open) {
                client.close();
            }
        }
    }

    /**
     * Sluice itself allocates only the few objects of a pass, which 200 clients share here. Netty's NIO transport
     * creates two views of the buffer for each write (ByteBuffer objects, 128 bytes), and its io_uring transport an
     * operation for each (80 bytes). Anything above that would come from Sluice.
     */
    private static double allowed(Transport transport) {
        return switch (transport) {
            case NIO -> 129;
            case IO_URING -> 81.5;
            default -> 1;
        };
    }

    private static final class Broadcast {
        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private final Event event = Event.of("a price, or a line of a chat");
        private final SseServer server;
        private final List<RawClient> clients;
        private final long loop;
        private final int blockBytes;

        Broadcast(SseServer server, List<RawClient> clients) throws Exception {
            this.server = server;
            this.clients = clients;
            EventExecutor executor = server.loops().iterator().next();
            loop = executor.submit(() -> Thread.currentThread().getId()).get();
            String block = "id: " + server.hub().headId() + "\ndata: " + event.data() + "\n\n";
            blockBytes = Integer.toHexString(block.length()).length() + 2 + block.length() + 2;
        }

        /**
         * Returns the bytes per event of the round with the fewest, after the first round with fewer than expected. The
         * cost of each client and event occurs in every round. On a busy machine some rounds also wake a loop more than
         * once per event, which costs extra tasks.
         */
        double leastUntil(double expected, int maxRounds, int events) throws IOException {
            double least = Double.MAX_VALUE;
            for (int round = 0; round < maxRounds && least >= expected; round++) {
                long before = threads.getThreadAllocatedBytes(loop);
                run(events);
                least = Math.min(least, (double) (threads.getThreadAllocatedBytes(loop) - before) / events);
            }
            return least;
        }

        /** Publishes one event after another, so that each has its own pass. */
        void run(int events) throws IOException {
            for (int i = 0; i < events; i++) {
                server.hub().publish("news", event);
                for (RawClient client : clients) {
                    client.skip(blockBytes);
                }
            }
        }
    }
}
