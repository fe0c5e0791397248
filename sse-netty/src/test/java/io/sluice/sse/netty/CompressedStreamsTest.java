package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever the protocol, a client that gets gzip gets the same stream as others, however slowly it reads. */
@Timeout(120)
class CompressedStreamsTest {

    private static final String GZIP = "Accept-Encoding: gzip";
    private static final int MAX_EVENT_BYTES = 100 * 1024;

    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "H1, SHARED",
        "H1, PER_STREAM",
        "H1_TLS, SHARED",
        "H2_TLS, SHARED",
        "H2_TLS, PER_STREAM",
        "H2, SHARED",
        "H2, PER_STREAM"
    })
    @interface OverEachCompression {}

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());

    private static SseServerBuilder on(ClientProtocol protocol, Compression compression) {
        return protocol.on(Transport.AUTO).compression(compression);
    }

    /** Any text that keeps its line ends: all of Unicode but CR, and code units that are no text. */
    private static String text(Random random) {
        int size = switch (random.nextInt(10)) {
            case 0 -> 0;
            case 1 -> random.nextInt(MAX_EVENT_BYTES / 4);
            default -> random.nextInt(300);
        };
        int last = random.nextBoolean() ? 0x7f : Character.MAX_CODE_POINT;
        return random.ints(size, 1, last + 1)
                .map(c -> c == '\r' || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) ? '\n' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Text that gzip hardly makes smaller, so that a client that does not read stalls. */
    private static String dense(Random random, int number) {
        return number + ":"
                + random.ints(4000, 33, 127)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
    }

    @OverEachCompression
    void randomEventsAreDecodedAsTheyWerePublished(ClientProtocol protocol, Compression compression) throws Exception {
        System.out.println("sluice.seed=" + seed);
        Random random = new Random(seed);
        try (Hub hub = Hub.builder().historyBytes(1L << 30).build();
                SseServer server = on(protocol, compression)
                        .hub(hub)
                        .heartbeat(Duration.ofMillis(20))
                        .start();
                StreamClient gzip = protocol.open(server, "/events/a", GZIP);
                StreamClient beside = protocol.openBeside(gzip, server, "/events/a", GZIP);
                StreamClient plain = protocol.open(server, "/events/a")) {
            List<StreamClient> clients = List.of(gzip, beside, plain);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                expected.add(text(random));
                hub.publish("a", Event.of(expected.get(i)));
                if (random.nextInt(20) == 0) {
                    for (StreamClient client : clients) {
                        client.awaitEvents(i + 1); // compression holds nothing back
                    }
                }
            }
            for (StreamClient client : clients) {
                client.awaitEvents(expected.size());
            }
            server.close(Duration.ofMillis(500));
            for (StreamClient client : clients) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue(); // the decoder has checked the trailer
                assertThat(client.stream().hasEnded()).as("an orderly end").isTrue();
                assertThat(client.stream().retries).hasSize(2);
                assertThat(client.stream().data()).as("sluice.seed=%s", seed).isEqualTo(expected);
            }
            assertThat(gzip.stream().header("content-encoding")).isEqualTo("gzip");
            assertThat(plain.stream().header("content-encoding")).isNull();
            plain.close();
            gzip.close();
            beside.close();
            TestServers.awaitNothingOwned(hub);
        }
    }

    /** The bytes that wait are those of the wire. */
    @OverEachCompression
    void aClientThatPausesGetsEverything(ClientProtocol protocol, Compression compression) throws Exception {
        Random random = new Random(14);
        try (Hub hub = Hub.builder()
                        .historyEvents(100_000)
                        .historyBytes(1L << 30)
                        .build();
                SseServer server = on(protocol, compression).hub(hub).start();
                StreamClient slow = protocol.getSlowly(server, "/events/a", GZIP);
                StreamClient reader = protocol.openBeside(slow, server, "/events/a", GZIP)) {
            await().until(() -> hub.subscribers("a") == 2);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                expected.add(dense(random, i));
                hub.publish("a", Event.of(expected.get(i)));
                if (i % 50 == 49) {
                    reader.awaitEvents(i + 1);
                    assertThat(TestServers.sinks(hub))
                            .allSatisfy(info -> assertThat(info.pendingBytes())
                                    .as("pending bytes")
                                    .isLessThan(192 * 1024));
                }
            }
            assertThat(TestServers.sinks(hub))
                    .anySatisfy(info ->
                            assertThat(info.lag()).as("of the slow client").isPositive());
            slow.awaitEvents(expected.size());
            assertThat(slow.stream().data()).isEqualTo(expected);
            assertThat(reader.stream().data()).isEqualTo(expected);
            assertEndsInOrder(server, List.of(slow, reader));
        }
    }

    @OverEachCompression
    void aClientOvertakenByAShortHistoryGetsAGapThatItCanDecode(ClientProtocol protocol, Compression compression)
            throws Exception {
        Random random = new Random(14);
        try (Hub hub = Hub.builder()
                        .historyEvents(20)
                        .overflow(OverflowPolicy.GAP)
                        .build();
                SseServer server = on(protocol, compression).hub(hub).start();
                StreamClient slow = protocol.getSlowly(server, "/events/a", GZIP)) {
            await().until(() -> hub.subscribers("a") == 1);
            List<String> published = new ArrayList<>();
            for (int more = 100; more > 0; ) {
                published.add(dense(random, published.size()));
                hub.publish("a", Event.of(published.get(published.size() - 1)));
                more -= TestServers.sinks(hub).get(0).lag() > 20 ? 1 : 0;
            }
            String last = published.get(published.size() - 1);
            slow.await(() -> newest(slow).equals(last), "the last event");
            assertThat(slow.stream().events).anyMatch(event -> event.type().equals("gap"));
            List<String> data = slow.stream().data();
            assertThat(data.subList(data.size() - 20, data.size()))
                    .isEqualTo(published.subList(published.size() - 20, published.size()));
            assertEndsInOrder(server, List.of(slow));
        }
    }

    private static String newest(StreamClient client) {
        List<ReceivedEvent> events = client.stream().events;
        return events.isEmpty() ? "" : events.get(events.size() - 1).data();
    }

    private static void assertEndsInOrder(SseServer server, List<StreamClient> clients) throws IOException {
        server.close(Duration.ofMillis(500));
        for (StreamClient client : clients) {
            assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(client.stream().hasEnded()).as("an orderly end").isTrue();
            assertThat(client.stream().retries).as("the first and the last").hasSize(2);
        }
        for (StreamClient client : clients) {
            client.close();
        }
        TestServers.awaitNothingOwned(server.hub());
    }
}
