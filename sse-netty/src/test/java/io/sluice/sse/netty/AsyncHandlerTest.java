package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.LaneOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Asynchronous stream routes in the pipeline of an application, with one permit. */
class AsyncHandlerTest {

    private static final String GET = "GET /later/news HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String POST = "POST /later/any HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nnews";

    private final Hub hub = Hub.create();
    private final LateRoute late = new LateRoute();
    private final SseHandler handler = SseHandler.serving(
                    hub, "/later/**", late.route(), LaneOptions.DEFAULT, StreamLimits.DEFAULT.maxStreams(1))
            .methods("GET", "POST");

    @AfterEach
    void nothingIsLeft() {
        assertThat(hub.ledger().isZero()).as(hub.ledger().toString()).isTrue();
        hub.close();
    }

    private EmbeddedChannel channel() {
        return new EmbeddedChannel(new HttpServerCodec(), handler);
    }

    private static void send(EmbeddedChannel channel, String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
        channel.runPendingTasks();
    }

    private static RawStream read(EmbeddedChannel channel) {
        channel.runPendingTasks();
        RawStream response = new RawStream();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            byte[] bytes = ByteBufUtil.getBytes(part);
            part.release();
            assertThat(response.feed(bytes, 0, bytes.length)).isEqualTo(bytes.length);
        }
        return response;
    }

    private static void onAnotherThread(Runnable task) {
        CompletableFuture.runAsync(task).join();
    }

    /** The permit of an earlier request was given back. */
    private void assertNextIsServed() throws InterruptedException {
        EmbeddedChannel channel = channel();
        send(channel, GET);
        late.next().open();
        assertThat(read(channel).isEventStream()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void aStageThatCompletesOnAnotherThreadOpensTheStream() throws InterruptedException {
        for (String request : List.of(GET, POST)) {
            EmbeddedChannel channel = channel();
            for (String piece : request.split("(?<=\n)")) {
                send(channel, piece);
            }
            LateRoute.Asked asked = late.next();
            assertThat(channel.outboundMessages()).isEmpty();
            onAnotherThread(asked::open);
            channel.runPendingTasks();
            hub.publish("news", Event.of("hello"));
            RawStream stream = read(channel);
            assertThat(stream.isEventStream()).isTrue();
            assertThat(stream.data()).containsExactly("hello");
            channel.finishAndReleaseAll();
        }
        assertThat(hub.stats().opened()).isEqualTo(2);
    }

    @Test
    void eachFailureOfAStageIsClear() throws InterruptedException {
        Map<Consumer<LateRoute.Asked>, Integer> statuses = new LinkedHashMap<>();
        statuses.put(asked -> asked.fail(HttpStatusException.of(409, "not now")), 409);
        statuses.put(asked -> asked.fail(new IllegalStateException("secret")), 500);
        statuses.put(asked -> asked.stage().complete(null), 500);
        for (Map.Entry<Consumer<LateRoute.Asked>, Integer> outcome : statuses.entrySet()) {
            for (String request : List.of(GET, POST)) {
                EmbeddedChannel channel = channel();
                send(channel, request);
                LateRoute.Asked asked = late.next();
                onAnotherThread(() -> outcome.getKey().accept(asked));
                RawStream response = read(channel);
                assertThat(response.status()).isEqualTo(outcome.getValue());
                assertThat(response.body()).doesNotContain("secret");
                assertThat(channel.isOpen()).isFalse();
                channel.finishAndReleaseAll();
            }
        }
        assertNextIsServed();
        assertThat(hub.stats().opened()).isEqualTo(1);
    }

    @Test
    void aClientThatLeavesMeanwhileCostsNothing() throws InterruptedException {
        for (String request : List.of(GET, POST)) {
            EmbeddedChannel channel = channel();
            send(channel, request);
            LateRoute.Asked asked = late.next();
            channel.close();
            channel.runPendingTasks();
            asked.open();
            channel.runPendingTasks();
            assertThat(channel.outboundMessages()).isEmpty();
            channel.finishAndReleaseAll();
        }
        assertThat(hub.stats().opened()).isZero();
        assertNextIsServed();
    }

    @Test
    void laterRequestsOfTheConnectionGetNoResponse() throws InterruptedException {
        for (boolean opens : new boolean[] {true, false}) {
            EmbeddedChannel channel = channel();
            send(channel, GET + POST + "GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n");
            LateRoute.Asked asked = late.next();
            if (opens) {
                asked.open();
            } else {
                asked.fail(HttpStatusException.of(409, "not now"));
            }
            assertThat(read(channel).status()).isEqualTo(opens ? 200 : 409);
            assertThat(late.isAsked()).isFalse();
            channel.finishAndReleaseAll();
        }
    }

    @Test
    void aDecisionAfterTheBeginOfADrainIsRejected() throws InterruptedException {
        EmbeddedChannel channel = channel();
        send(channel, GET);
        LateRoute.Asked asked = late.next();
        assertThat(handler.drain(Duration.ofSeconds(1))).isCompleted();
        asked.open();
        assertThat(read(channel).status()).isEqualTo(503);
        channel.finishAndReleaseAll();
        assertThat(hub.stats().opened()).isZero();
    }
}
