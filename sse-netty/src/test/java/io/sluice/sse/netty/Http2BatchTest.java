package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.sluice.sse.Event;
import io.sluice.sse.netty.http2.Http2Sink;
import io.sluice.sse.topic.Publication;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** The streams of an HTTP/2 connection share the writes and the flushes of a batch. */
@Timeout(120)
class Http2BatchTest {

    private static final int STREAMS = 50;
    private static final int BATCHES = 10;
    private static final int DEFAULT_WINDOW = 65_535;

    /** Counts what leaves the HTTP/2 handlers for the socket, or for TLS. */
    private static final class Counter extends ChannelOutboundHandlerAdapter {
        private final AtomicInteger writes = new AtomicInteger();
        private final AtomicInteger flushes = new AtomicInteger();

        Cost take() {
            return new Cost(writes.getAndSet(0), flushes.getAndSet(0));
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            writes.incrementAndGet();
            ctx.write(message, promise);
        }

        @Override
        public void flush(ChannelHandlerContext ctx) {
            flushes.incrementAndGet();
            ctx.flush();
        }
    }

    private record Cost(int writes, int flushes) {}

    private static Counter countOn(SseServer server) {
        Channel connection = ((Http2Sink) TestServers.sinks(server.hub()).get(0).sink())
                .channel()
                .parent();
        Counter counter = new Counter();
        connection
                .eventLoop()
                .submit(() -> connection.pipeline().addBefore("output", "counter", counter))
                .syncUninterruptibly();
        return counter;
    }

    @OverEachTransport
    void aBatchIsOneWriteAndOneFlushForAllStreams(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport).start();
                Http2Client client = Http2Client.withWindow(server.port(), DEFAULT_WINDOW)) {
            List<Integer> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                streams.add(client.open("/events/a"));
            }
            client.ping(); // From here on the client sends nothing: the codec flushes after each read.
            Counter counter = countOn(server);
            List<Cost> costs = new ArrayList<>();
            for (int batch = 1; batch <= BATCHES; batch++) {
                server.hub()
                        .publishAll(List.of(
                                Publication.of(Event.of("first"), "a"),
                                Publication.of(Event.of("second"), "a"),
                                Publication.of(Event.of("third"), "a")));
                for (int stream : streams) {
                    client.awaitEvents(stream, batch * 3);
                }
                costs.add(counter.take());
            }
            // On a busy machine a pass takes more than its 10 ms, and goes on after the I/O.
            assertThat(costs).contains(new Cost(1, 1));
            assertThat(costs.stream().mapToInt(Cost::writes).sum()).isLessThan(STREAMS);
            client.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }
}
