package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.socket.OutboundBuffers;
import io.sluice.sse.netty.stream.LingeringClose;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A slow reader receives the end of its stream. A client that does not read is disconnected. */
@Timeout(400)
@Execution(ExecutionMode.CONCURRENT) // its clients read slowly
class LingeringCloseTest {

    // ---- with a manual clock

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_SECONDS = LingeringClose.CHECK_NANOS / SECOND;

    /** Accepts only as many bytes as the test allows. */
    private static final class SlowChannel extends EmbeddedChannel {
        private int takes;

        @Override
        protected void doWrite(ChannelOutboundBuffer out) {
            for (ByteBuf next = (ByteBuf) out.current(); next != null && takes > 0; next = (ByteBuf) out.current()) {
                int taken = Math.min(takes, next.readableBytes());
                takes -= taken;
                out.removeBytes(taken);
            }
        }

        void take(int bytes) {
            takes = bytes;
            flush();
        }
    }

    private final SlowChannel channel = new SlowChannel();
    private final AtomicInteger givenUp = new AtomicInteger();

    private void linger(long seconds) {
        channel.freezeTime();
        channel.writeAndFlush(Unpooled.buffer(1_000_000).writeZero(1_000_000));
        LingeringClose.start(channel, seconds * SECOND, () -> OutboundBuffers.progressMark(channel), () -> {
            givenUp.incrementAndGet();
            channel.close();
        });
    }

    private void pass(long seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    private long nanosToNextTask() {
        return channel.runScheduledPendingTasks();
    }

    @AfterEach
    void nothingIsScheduled() {
        channel.finishAndReleaseAll();
        channel.advanceTimeBy(1, TimeUnit.HOURS);
        assertThat(nanosToNextTask()).isEqualTo(-1);
    }

    @Test
    void aClientThatAcceptsNothingIsClosedAtTheFirstCheck() {
        linger(300);
        pass(LOOK_SECONDS - 1);
        assertThat(givenUp).hasValue(0);
        pass(1);
        assertThat(givenUp).hasValue(1);
        assertThat(nanosToNextTask()).isEqualTo(-1);
    }

    @Test
    void lingeringContinuesOnlyWhileBytesMove() {
        linger(300);
        for (int i = 0; i < 20; i++) {
            channel.take(100);
            pass(LOOK_SECONDS);
            assertThat(givenUp).hasValue(0);
        }
        pass(LOOK_SECONDS);
        assertThat(givenUp).hasValue(1);
    }

    @Test
    void lingeringIsLimited() {
        linger(10);
        for (int second = 0; second < 10; second++) {
            assertThat(givenUp).hasValue(0);
            channel.take(100);
            pass(1);
        }
        assertThat(givenUp).hasValue(1);
    }

    @Test
    void theTaskEndsWithTheConnection() {
        linger(300);
        channel.take(100);
        pass(LOOK_SECONDS);
        assertThat(nanosToNextTask()).isEqualTo(LingeringClose.CHECK_NANOS);
        channel.close();
        assertThat(nanosToNextTask()).isEqualTo(-1);
        assertThat(givenUp).hasValue(0);
    }

    // ---- over sockets

    private static final int EVENTS = 48;
    private static final String DATA = "x".repeat(128 * 1024);
    /** Longer than the client needs for everything, however slow the machine is. */
    private static final Duration LONG = Duration.ofMinutes(3);

    private final CompletableFuture<Sink> started = new CompletableFuture<>();

    private SseServer server(Transport transport, Hub hub) throws Exception {
        return TestServers.on(transport)
                .hub(hub)
                .writeTimeout(LONG)
                .streams(
                        "/answer",
                        request -> SseStream.of(sink -> {
                            for (int i = 0; i < EVENTS; i++) {
                                sink.send(Event.of(DATA));
                            }
                            started.complete(sink);
                        }))
                .start();
    }

    private static Hub hub() {
        return Hub.builder().directSendBytes(8 << 20).build();
    }

    /** Reads some hundred kilobytes a second, which takes far longer than the interval between two checks. */
    private static void readSlowlyToTheEnd(RawClient client) {
        Awaitility.await("the end of the response")
                .pollInterval(Duration.ofMillis(25))
                .atMost(LONG)
                .until(() -> {
                    client.read(Duration.ofSeconds(5));
                    return client.hasEnded();
                });
        assertThat(client.stream().hasEnded()).as("by its last chunk").isTrue();
    }

    @OverEachTransport
    void aSlowReaderGetsEverythingThatWasSentBeforeTheEnd(Transport transport) throws Exception {
        try (Hub hub = hub();
                SseServer server = server(transport, hub);
                RawClient client = RawClient.connect(server.port(), 64 * 1024)) {
            client.get("/answer");
            started.get(60, TimeUnit.SECONDS).complete();
            readSlowlyToTheEnd(client);
            assertThat(client.stream().data().stream().filter(DATA::equals)).hasSize(EVENTS);
            TestServers.awaitNothingOwned(hub);
            TestServers.awaitNothingScheduled(server);
        }
    }

    @OverEachTransport
    void aSlowReaderGetsTheEndOfADrainedStreamToo(Transport transport) throws Exception {
        try (Hub hub = hub();
                SseServer server = server(transport, hub);
                RawClient client = RawClient.connect(server.port(), 64 * 1024)) {
            client.get("/answer");
            started.get(60, TimeUnit.SECONDS);
            CompletableFuture<Void> closed = server.close(LONG).toCompletableFuture();
            readSlowlyToTheEnd(client);
            closed.get(60, TimeUnit.SECONDS);
            TestServers.awaitNothingOwned(hub);
        }
    }
}
