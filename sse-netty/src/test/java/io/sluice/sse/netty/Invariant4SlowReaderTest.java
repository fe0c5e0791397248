package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.WriteBufferWaterMark;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.http2.Http2Output;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.SinkInfo;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Design, invariant 4: a client that reads nothing costs its high-water mark and one frame, and affects no other. */
class Invariant4SlowReaderTest {

    private static final int FRAME = 32 * 1024 + 64;
    /** The overhead per message that Netty adds to its count of pending bytes. */
    private static final int OVERHEAD = 96;

    private static final String PADDING = "x".repeat(4000);

    @OverEachProtocol
    void aClientThatReadsNothingAffectsNoOtherClientAndIsClosed(Transport transport, ClientProtocol protocol)
            throws IOException {
        try (Hub hub = Hub.builder()
                        .historyEvents(100_000)
                        .historyBytes(1L << 30)
                        .build();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .threads(1)
                        .writeTimeout(Duration.ofSeconds(3)) // the reader may pause for one second
                        .start();
                StreamClient slow = protocol.getSlowly(server, "/events/a");
                StreamClient reader = protocol.openBeside(slow, server, "/events/a")) {
            await().until(() -> hub.subscribers("a") == 2);
            int events = 4000; // 16 MB, more than the kernel buffers for any client
            long mostPending = 0;
            long mostBuffers = 0;
            for (int i = 0; i < events; i++) {
                hub.publish("a", Event.of(i + PADDING));
                if (i % 100 == 99) {
                    reader.awaitEvents(i + 1);
                    for (SinkInfo info : infos(hub)) {
                        mostPending = Math.max(mostPending, info.pendingBytes());
                    }
                    mostBuffers = Math.max(mostBuffers, hub.ledger().count(Ledger.Kind.BUFFERS));
                }
            }
            assertThat(reader.stream().data())
                    .containsExactlyElementsOf(IntStream.range(0, events)
                            .mapToObj(i -> i + PADDING)
                            .toList());
            assertThat(mostPending)
                    .as("pending bytes of the slow client")
                    .isPositive()
                    .isLessThanOrEqualTo(mostPending(protocol));
            assertThat(mostBuffers).as("frames held").isLessThan(64);
            await("the slow client is closed")
                    .untilAsserted(() -> assertThat(hub.stats().closed().get(CloseReason.WRITE_TIMEOUT))
                            .isEqualTo(1));
            await().untilAsserted(() ->
                    assertThat(hub.ledger().count(Ledger.Kind.SINKS)).isEqualTo(1));
            hub.publish("a", Event.of("after"));
            reader.awaitEvents(events + 1);
        }
    }

    private static long mostPending(ClientProtocol protocol) {
        int atOnce = protocol.isHttp2() ? 2 * Http2Output.MAX_BATCH_BYTES + 64 * 1024 : FRAME + OVERHEAD;
        return WriteBufferWaterMark.DEFAULT.high() + atOnce;
    }

    /**
     * Many clients stop reading at once while publishing continues. Netty's own counts show what each one costs.
     */
    @OverEachTransport
    void aClientThatReadsNothingCostsItsHighWaterMarkAndOneFrame(Transport transport) throws IOException {
        assertBounded(transport, 16 * 1024, FRAME);
        assertBounded(transport, 1024 * 1024, 1024 * 1024 + 128); // here a frame is one event above the mark
    }

    private static final int STALLED = 24;

    private static void assertBounded(Transport transport, int eventBytes, int frame) throws IOException {
        int high = WriteBufferWaterMark.DEFAULT.high();
        int messages = high / Math.min(eventBytes, high) + 1; // those below the mark, and the one that exceeds it
        String data = "x".repeat(eventBytes - 128);
        List<RawClient> stalled = new ArrayList<>();
        try (Hub hub = Hub.builder()
                        .historyEvents(8)
                        .overflow(OverflowPolicy.GAP)
                        .build();
                SseServer server = TestServers.on(transport)
                        .hub(hub)
                        .writeTimeout(Duration.ofMinutes(5))
                        .start()) {
            try {
                for (int i = 0; i < STALLED; i++) {
                    RawClient client = RawClient.connect(server.port(), 1024);
                    stalled.add(client);
                    client.get("/events/a");
                }
                await().until(() -> hub.subscribers("a") == STALLED);
                await("all clients stalled").atMost(Duration.ofSeconds(120)).until(() -> {
                    hub.publish("a", Event.of(data));
                    return infos(hub).stream().allMatch(sink -> sink.pendingBytes() > high);
                });
                long mostBuffers = 0;
                for (int i = 0; i < 50; i++) {
                    hub.publish("a", Event.of(data));
                    assertThat(infos(hub))
                            .hasSize(STALLED)
                            .allSatisfy(sink -> assertThat(sink.pendingBytes())
                                    .as("pending bytes at events of %s", eventBytes)
                                    .isLessThanOrEqualTo(high + frame + (long) messages * OVERHEAD));
                    mostBuffers = Math.max(mostBuffers, hub.ledger().count(Ledger.Kind.BUFFERS));
                }
                // Clients that stopped at the same event share frames. Lanes also keep some ranges for a moment.
                assertThat(mostBuffers)
                        .as("frames in flight at events of %s", eventBytes)
                        .isBetween(1L, (long) STALLED * messages + 2 * 8);
            } finally {
                for (RawClient client : stalled) {
                    client.close();
                }
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    /** The kernel drops the bytes of a client that accepts nothing. Otherwise it would resend them for minutes. */
    @OverEachTransport
    void aClientThatAcceptsNothingIsResetAndTheKernelDropsItsBytes(Transport transport) throws IOException {
        try (Hub hub = Hub.builder()
                        .historyEvents(100_000)
                        .historyBytes(1L << 30)
                        .build();
                SseServer server = TestServers.on(transport)
                        .hub(hub)
                        .writeTimeout(Duration.ofSeconds(1))
                        .start();
                RawClient slow = RawClient.connect(server.port(), 1024)) {
            slow.get("/events/a");
            await().until(() -> hub.subscribers("a") == 1);
            for (int i = 0; i < 4000; i++) {
                hub.publish("a", Event.of(i + PADDING));
            }
            await("the client is closed")
                    .untilAsserted(() -> assertThat(hub.stats().closed().get(CloseReason.WRITE_TIMEOUT))
                            .isEqualTo(1));
            TestServers.awaitNothingOwned(hub);
            // An RST discards undelivered bytes. After a FIN the kernel would still deliver everything in its buffer.
            assertThatThrownBy(() -> slow.skip(100_000)).isInstanceOf(SocketException.class);
        }
    }

    private static List<SinkInfo> infos(Hub hub) {
        return TestServers.sinks(hub);
    }

    @OverEachProtocol
    void aClientThatPausesAndContinuesReceivesEverythingInOrder(Transport transport, ClientProtocol protocol)
            throws IOException {
        try (Hub hub = Hub.builder()
                        .historyEvents(100_000)
                        .historyBytes(1L << 30)
                        .build();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams("/events/**", StreamRoute.anyTopics())
                        .start();
                StreamClient pausing = protocol.getSlowly(server, "/events/a?topic=b")) {
            await().until(() -> hub.subscribers("b") == 1);
            List<String> expected = publishUntilItLags(hub, protocol);
            assertThat(infos(hub).get(0).lag()).isPositive();
            pausing.awaitEvents(expected.size());
            assertThat(pausing.stream().data()).containsExactlyElementsOf(expected);
            hub.publish("b", Event.of("live again"));
            pausing.awaitEvents(expected.size() + 1);
        }
    }

    /**
     * The channel is full and the client is behind. A channel that was full accepts nothing until it is below the low
     * mark, so its size may settle anywhere between the two marks. An HTTP/2 stream without a window keeps its bytes
     * out of the channel.
     */
    private static boolean isStalled(SinkInfo sink, ClientProtocol protocol) {
        return sink.lag() > 100 && sink.pendingBytes() > (protocol.isHttp2() ? 0 : WriteBufferWaterMark.DEFAULT.low());
    }

    private static List<String> publishUntilItLags(Hub hub, ClientProtocol protocol) {
        List<String> published = new ArrayList<>();
        for (int more = 200; more > 0; ) {
            String data = published.size() + PADDING;
            hub.publish(published.size() % 3 == 0 ? "b" : "a", Event.of(data));
            published.add(data);
            if (published.size() % 50 == 0 && isStalled(infos(hub).get(0), protocol)) {
                more -= 50;
            }
            assertThat(published).as("events until the client lags").hasSizeLessThan(20_000);
        }
        return published;
    }

    private static boolean isClosedOrLags(Hub hub) {
        List<SinkInfo> infos = infos(hub);
        return infos.isEmpty() || infos.get(0).lag() > 100;
    }

    @OverEachProtocol
    void aClientOvertakenByAShortHistoryIsDisconnected(Transport transport, ClientProtocol protocol)
            throws IOException {
        try (Hub hub = Hub.builder().historyEvents(20).build();
                SseServer server = protocol.on(transport)
                        .hub(hub)
                        .streams("/events/**", StreamRoute.anyTopics())
                        .start();
                StreamClient pausing = protocol.getSlowly(server, "/events/a?topic=b")) {
            await().until(() -> hub.subscribers("b") == 1);
            // The client stalls first. When it reads again, the server disconnects it.
            for (int i = 0; i < 20_000 && (i % 50 > 0 || !isClosedOrLags(hub)); i++) {
                hub.publish("a", Event.of(i + PADDING));
            }
            assertThat(pausing.awaitEnd(RawClient.PATIENCE)).isTrue();
            await().untilAsserted(() -> assertThat(hub.stats().closed().get(CloseReason.SLOW_CONSUMER))
                    .isEqualTo(1));
            List<String> data = pausing.stream().data();
            for (int i = 0; i < data.size(); i++) {
                assertThat(data.get(i)).isEqualTo(i + PADDING);
            }
            pausing.close();
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachProtocol
    void aClientOvertakenByAShortHistoryGetsAGapAndTheEventsThatAreKept(Transport transport, ClientProtocol protocol)
            throws IOException {
        try (Hub hub = Hub.builder()
                        .historyEvents(20)
                        .overflow(OverflowPolicy.GAP)
                        .build();
                SseServer server = protocol.on(transport).hub(hub).start();
                StreamClient pausing = protocol.getSlowly(server, "/events/a")) {
            await().until(() -> hub.subscribers("a") == 1);
            int events = 0;
            for (int more = 100; more > 0; events++) {
                more -= infos(hub).get(0).lag() > 20 ? 1 : 0;
                hub.publish("a", Event.of(events + PADDING));
            }
            String last = events - 1 + PADDING;
            pausing.await(() -> endsWith(pausing, last), "the last event");
            assertThat(pausing.stream().events).anyMatch(event -> event.type().equals("gap"));
            List<String> data = pausing.stream().data();
            assertThat(data.subList(data.size() - 20, data.size()))
                    .isEqualTo(IntStream.range(events - 20, events)
                            .mapToObj(i -> i + PADDING)
                            .toList());
        }
    }

    private static boolean endsWith(StreamClient client, String data) {
        List<ReceivedEvent> events = client.stream().events;
        return !events.isEmpty() && events.get(events.size() - 1).data().equals(data);
    }
}
