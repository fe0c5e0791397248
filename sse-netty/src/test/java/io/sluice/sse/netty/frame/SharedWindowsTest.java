package io.sluice.sse.netty.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed streams of whole lanes: each client can decode them, and they are small. */
class SharedWindowsTest {

    private static final LaneOptions QUIET = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);
    private static final String[][] SELECTORS = {{"a"}, {"a", "b"}, {"a", "b", "c"}, {"b"}, {"**"}, {"a", "x/*"}};

    private final Random random = new Random(Long.getLong("sluice.seed", 14));

    /** A price as JSON of about 300 bytes. */
    private String tick(int number) {
        return String.format(
                Locale.ROOT,
                "{\"symbol\":\"%s\",\"bid\":%.5f,\"ask\":%.5f,\"bidSize\":%d,\"askSize\":%d,\"volume\":%d,\"venue\":\"%s\","
                        + "\"ts\":\"2026-11-29T12:00:%02d.%03dZ\",\"seq\":%d,\"pad\":\"%s\"}",
                List.of("EURUSD", "USDJPY", "GBPUSD", "AUDUSD").get(random.nextInt(4)),
                1 + random.nextDouble(),
                1 + random.nextDouble(),
                100 * random.nextInt(128),
                100 * random.nextInt(128),
                random.nextInt(8192),
                random.nextBoolean() ? "LD4" : "NY4",
                number / 1000 % 60,
                number % 1000,
                number,
                "indicative;source=aggregated;tier=1;".repeat(3));
    }

    /** Clients of all kinds come, stall, get events of their own and leave; each gets what its twin gets. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyClientDecodesWhatAnUncompressedClientGets(long seed) throws Exception {
        random.setSeed(seed + random.nextLong());
        Hub hub = Hub.builder()
                .historyEvents(15)
                .overflow(seed % 2 == 0 ? OverflowPolicy.GAP : OverflowPolicy.LATEST)
                .conflate("x/conflated")
                .build();
        GzipLanes lanes = new GzipLanes(hub, 2, QUIET.withHeartbeat(Duration.ofSeconds(1)));
        List<GzipTwin> clients = new ArrayList<>();
        List<GzipTwin> left = new ArrayList<>();
        try (lanes) {
            for (int step = 0; step < 1500; step++) {
                step(step, lanes, clients, left);
                if (step % 100 == 0) {
                    lanes.run();
                    for (GzipTwin client : clients) {
                        client.assertDecodes();
                    }
                    lanes.lanes.forEach(each ->
                            assertThat(each.framer.gzip().windows().size()).isLessThanOrEqualTo(64));
                }
            }
            assertThat(clients.stream().mapToInt(GzipTwin::wireBytes).sum()).isPositive();
        }
        left.addAll(clients);
        for (GzipTwin client : left) {
            client.assertHasEndedInOrder();
        }
        assertThat(hub.ledger().counts())
                .allSatisfy((kind, count) -> assertThat(count).as(kind.name()).isZero());
    }

    private void step(int number, GzipLanes lanes, List<GzipTwin> clients, List<GzipTwin> left) {
        int kind = random.nextInt(100);
        GzipTwin client = clients.isEmpty() ? null : clients.get(random.nextInt(clients.size()));
        if (kind < 60) {
            publish(number, lanes.hub);
        } else if (kind < 70 && clients.size() < 60) {
            StartPosition start = random.nextBoolean() ? StartPosition.live() : StartPosition.replay(10);
            Selector selector = Selector.of(SELECTORS[random.nextInt(SELECTORS.length)]);
            clients.add(lanes.open(
                    random.nextInt(2),
                    random.nextInt(5),
                    random.nextInt(10) == 0,
                    random.nextInt(8) == 0 ? selector.withEnvelope() : selector,
                    start));
        } else if (client == null) {
            lanes.run();
        } else if (kind < 78) {
            boolean stalls = random.nextInt(3) == 0;
            lanes.lanes.forEach(each -> each.lane.run(() -> each.hubLane.forEachSink(sink -> {
                if (sink == client) {
                    client.setStalled(stalls);
                }
            })));
        } else if (kind < 82) {
            client.offer(Event.of("for one client: " + "secret ".repeat(random.nextInt(60))));
        } else if (kind < 85) {
            client.close(CloseReason.CLOSED_BY_APPLICATION);
            clients.remove(client);
            left.add(client);
        } else if (kind < 88) {
            lanes.advance(Duration.ofMillis(random.nextInt(1500)));
        } else {
            lanes.run();
        }
    }

    private void publish(int number, Hub hub) {
        String topic = List.of("a", "a", "a", "b", "c", "x/1", "x/conflated").get(random.nextInt(7));
        String text = switch (random.nextInt(12)) {
            case 0 -> "x";
            case 1 -> tick(number).repeat(40);
            case 2 ->
                random.ints(3000, 32, 127)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            default -> tick(number);
        };
        Event event = Event.of(text);
        if (topic.equals("x/conflated")) {
            event = event.toBuilder().key("k" + random.nextInt(5)).build();
        }
        Publication publication = Publication.of(event, topic);
        if (random.nextInt(10) == 0) {
            publication = publication.to(Recipients.principal("p" + random.nextInt(5)));
        }
        hub.publish(publication);
    }

    /** What a client of its own compressor would get is at most 15 % smaller. */
    @Test
    void aStreamIsNearlyAsSmallAsWithACompressorPerClient() throws Exception {
        Hub hub = Hub.create();
        GzipLanes lanes = new GzipLanes(hub, 1, QUIET);
        try (lanes) {
            List<GzipTwin> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                clients.add(lanes.open(0, i, false, Selector.of("a"), StartPosition.live()));
            }
            for (int i = 0; i < 1000; i++) {
                hub.publish("a", Event.of(tick(i)));
                lanes.run();
                if (i == 300) { // in the middle of the stream
                    clients.add(lanes.open(0, i, false, Selector.of("a"), StartPosition.live()));
                }
            }
            for (GzipTwin client : clients) {
                client.assertDecodes();
                assertThat(client.wireBytes()).isLessThan(client.plainBytes() / 3);
            }
            GzipTwin first = clients.get(0);
            GzipTwin late = clients.get(clients.size() - 1);
            assertThat(first.wireBytes()).isLessThan((int) (1.05 * ownCompressor(first.plain())));
            assertThat(late.lastForm()).as("a late client shares the window").isEqualTo(first.lastForm());
        }
    }

    private static int ownCompressor(byte[] plain) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        byte[] buffer = new byte[1 << 20];
        int bytes = 0;
        int from = 0;
        for (int i = 1; i < plain.length; i++) {
            if (plain[i] == '\n' && plain[i - 1] == '\n') {
                deflater.setInput(plain, from, i + 1 - from);
                bytes += deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
                from = i + 1;
            }
        }
        deflater.end();
        return bytes;
    }

    /** The decoder of Go delivers nothing before. {@link GzipTwin} checks each part that its client gets. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eachPartOfAStreamEndsWithAFlush(boolean own) throws Exception {
        Hub hub = Hub.builder().historyEvents(15).build();
        GzipLanes lanes = new GzipLanes(hub, 1, QUIET.withHeartbeat(Duration.ofSeconds(1)));
        try (lanes) {
            List<GzipTwin> clients = List.of(
                    lanes.open(0, 1, own, Selector.of("a"), StartPosition.live()),
                    lanes.open(0, 2, own, Selector.of("a"), StartPosition.live()));
            lanes.run(); // the first block
            for (int size : new int[] {0, 1, 10, 60, 300, 10_000, 100_000, 1_100_000}) {
                hub.publish("a", Event.of("x".repeat(size)));
                lanes.run();
                lanes.advance(Duration.ofSeconds(2)); // a heartbeat
                for (GzipTwin client : clients) {
                    client.assertDecodes();
                }
            }
        }
    }

    /** Two groups of clients with one topic in common both keep a window, also when they take turns. */
    @Test
    void groupsWithDifferentTopicsHaveWindowsOfTheirOwn() throws Exception {
        Hub hub = Hub.create();
        GzipLanes lanes = new GzipLanes(hub, 1, QUIET);
        try (lanes) {
            List<GzipTwin> clients = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                Selector selector = i % 3 == 0 ? Selector.of("a", "b") : Selector.of("a");
                clients.add(lanes.open(0, i, false, selector, StartPosition.live()));
            }
            for (int i = 0; i < 600; i++) {
                hub.publish(i % 2 == 0 ? "a" : "b", Event.of(tick(i)));
                lanes.run();
            }
            assertThat(lanes.lanes.get(0).framer.gzip().windows().size()).isEqualTo(2);
            for (GzipTwin client : clients) {
                client.assertDecodes();
                assertThat(client.wireBytes()).isLessThan(client.plainBytes() / 3);
            }
        }
    }

    /** Neither a direct send nor an event that one client gets is part of what clients share. */
    @Test
    void whatOneClientGetsIsInNoWindow() throws Exception {
        Hub hub = Hub.create();
        GzipLanes lanes = new GzipLanes(hub, 1, QUIET);
        SharedWindows windows = lanes.lanes.get(0).framer.gzip().windows();
        try (lanes) {
            List<GzipTwin> clients = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                clients.add(lanes.open(0, i, false, Selector.of("a", "user/" + i), StartPosition.live()));
            }
            hub.publish("a", Event.of(tick(0)));
            lanes.run();
            for (int i = 0; i < 200; i++) {
                hub.publish("a", Event.of(tick(i)));
                lanes.run();
                int one = random.nextInt(clients.size());
                String secret = "SECRET" + tick(i);
                switch (random.nextInt(3)) {
                    case 0 -> hub.publish("user/" + one, Event.of(secret));
                    case 1 -> clients.get(one).offer(Event.of(secret));
                    default -> hub.publish(Publication.of(Event.of(secret), "a").to(Recipients.principal("p" + one)));
                }
                lanes.run();
                assertThat(windows.size()).isEqualTo(1);
                assertThat(new String(windows.first().bytes(), StandardCharsets.UTF_8))
                        .doesNotContain("SECRET");
            }
            for (GzipTwin client : clients) {
                client.assertDecodes();
            }
        }
    }

    @Test
    void withoutCompressedStreamsALaneHasNoCompressorAndNoWindow() {
        Hub hub = Hub.create();
        GzipLanes lanes = new GzipLanes(hub, 1, QUIET);
        try (lanes) {
            GzipFrames gzip = lanes.lanes.get(0).framer.gzip();
            List<GzipTwin> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(lanes.open(0, i, i == 3, Selector.of("a"), StartPosition.live()));
            }
            for (int i = 0; i < 2; i++) { // the lane keeps the first frame, of clients that are new, for further ones
                hub.publish("a", Event.of(tick(i)));
                lanes.run();
            }
            assertThat(gzip.windows().size()).isEqualTo(1);
            assertThat(hub.ledger().count(Ledger.Kind.COMPRESSORS)).isEqualTo(2);
            clients.forEach(client -> client.close(CloseReason.CLIENT_LEFT));
            lanes.run();
            assertThat(gzip.windows().size()).isZero();
            assertThat(hub.ledger().count(Ledger.Kind.COMPRESSORS)).isZero();
        }
    }
}
