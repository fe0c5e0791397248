package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.sse.Event;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneTestAccess;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.wire.EventEncoder;
import io.sluice.sse.wire.EventParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Clients that request envelopes, which contain the topic of each event. */
class EnvelopeTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] PIECES = {
        "\"",
        "\\",
        "/",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\b",
        "\f",
        "\0",
        "\u0001",
        "\u001f",
        "\u007f",
        "\u0080",
        "é",
        "\u2028",
        "\u2029",
        "日本",
        "😀",
        "\ud800",
        "\udc00",
        "\ufeff",
        "data: ",
        "id: 7",
        ":",
        " ",
        "{\"a\":1}",
        "</script>",
        "x"
    };

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    /** A client reads the same event from an envelope as without an envelope, whatever the data. */
    @Test
    void aJsonParserReadsAnyDataBack() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            Event.Builder builder = Event.builder().data(text(random));
            if (random.nextBoolean()) {
                builder.name("n\"\\" + i).comment(text(random));
            }
            if (random.nextBoolean()) {
                builder.id("id " + i).retry(Duration.ofMillis(i));
            }
            String topic = "t\"\\" + (random.nextBoolean() ? "é/日本/😀" : "") + i;
            byte[] wire = EventEncoder.encode(builder.build());
            byte[] enveloped = Envelope.around(topic, wire);
            List<String> plain = parse(wire);
            List<String> fields = parse(enveloped);
            String event = fields.get(fields.size() - 1);
            assertThat(event).as("sluice.seed=%s", seed).startsWith("data ").doesNotContain("\n");
            JsonNode json = JSON.readTree(event.substring(5));
            assertThat(json.size()).isEqualTo(2);
            assertThat(json.get("topic").textValue()).isEqualTo(topic);
            fields.set(fields.size() - 1, "data " + json.get("data").textValue());
            assertThat(fields).as("sluice.seed=%s", seed).isEqualTo(plain);
        }
    }

    /** All fields in the order of the stream; the data are last. */
    private static List<String> parse(byte[] wire) {
        List<String> fields = new ArrayList<>();
        new EventParser(new EventParser.Listener() {
                    @Override
                    public void onEvent(String type, String data, String lastEventId) {
                        fields.add(type);
                        fields.add("id " + lastEventId);
                        fields.add("data " + data);
                    }

                    @Override
                    public void onComment(String comment) {
                        fields.add("comment " + comment);
                    }

                    @Override
                    public void onRetry(long millis) {
                        fields.add("retry " + millis);
                    }
                })
                .feed(wire, 0, wire.length);
        return fields;
    }

    @Test
    void theFormOnTheWire() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink =
                    bench.open(StartPosition.live(), Selector.of("orders/*").withEnvelope());
            sink.clear();
            String id = bench.publish("orders/7", Event.of("paid", "a\n\"b\"")).id();
            bench.run();
            assertThat(sink.text())
                    .isEqualTo("id: " + id
                            + "\nevent: paid\ndata: {\"topic\":\"orders/7\",\"data\":\"a\\n\\\"b\\\"\"}\n\n");
        }
    }

    @Test
    void anEnvelopeIsFramedOncePerVariantNotPerClient() {
        try (HubFixture bench = new HubFixture()) {
            List<FakeSink> plain = new ArrayList<>();
            List<FakeSink> enveloped = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                plain.add(bench.live("a", "b"));
                enveloped.add(
                        bench.open(StartPosition.live(), Selector.of("a", "b").withEnvelope()));
            }
            bench.framer().resetCounts();
            long framed = bench.hub.stats().framed();
            bench.publish("a", "x");
            bench.run();
            assertThat(bench.framer().framings()).isEqualTo(2);
            assertThat(bench.hub.stats().framed() - framed).isEqualTo(2);
            bench.framer().resetCounts();
            bench.publish("a", "y");
            bench.publish("b", "z");
            bench.run();
            assertThat(bench.framer().framings()).as("a, b, both in envelopes").isEqualTo(3);
            for (int i = 0; i < 200; i++) {
                assertThat(plain.get(i).data()).containsExactly("x", "y", "z");
                assertThat(enveloped.get(i).data())
                        .containsExactly(
                                "{\"topic\":\"a\",\"data\":\"x\"}",
                                "{\"topic\":\"a\",\"data\":\"y\"}",
                                "{\"topic\":\"b\",\"data\":\"z\"}");
            }
            assertThat(bench.hub.stats().delivered()).isEqualTo(6 * 200);
        }
    }

    /** Of an event in several topics, the envelope names the first by name, whether live or replayed. */
    @Test
    void anEventInSeveralTopicsNamesTheFirstThatTheClientSubscribesTo() {
        try (HubFixture bench = new HubFixture()) {
            Selector selector = Selector.of("c", "b").withEnvelope();
            FakeSink live = bench.open(StartPosition.live(), selector);
            bench.hub.publish(List.of("c", "a", "b"), Event.of("x"));
            bench.hub.publish(List.of("b", "c"), Event.of("y"));
            bench.run();
            assertThat(live.data())
                    .containsExactly("{\"topic\":\"b\",\"data\":\"x\"}", "{\"topic\":\"b\",\"data\":\"y\"}");
            assertThat(bench.open(StartPosition.replay(2), selector).data()).isEqualTo(live.data());
        }
    }

    @Test
    void framesStayBoundedAlthoughEnvelopesGrow() {
        try (HubFixture bench = new HubFixture()) {
            FakeSink sink =
                    bench.open(StartPosition.live(), Selector.of("a", "b").withEnvelope());
            bench.framer().frameSizes().clear();
            String quotes = "\"".repeat(1000);
            for (int i = 0; i < 60; i++) {
                bench.publish(i % 2 == 0 ? "a" : "b", quotes);
            }
            bench.run();
            assertThat(sink.data()).hasSize(60);
            FakeSink replayed =
                    bench.open(StartPosition.replay(60), Selector.of("a", "b").withEnvelope());
            assertThat(replayed.data()).isEqualTo(sink.data());
            assertThat(bench.framer().frameSizes()).allMatch(size -> size <= HubLane.FRAME_BYTES);
        }
    }

    @Test
    void gapsAndChosenIdsAreUnchanged() {
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(2))) {
            bench.publish("a", Event.builder().id("mine").data("1").build());
            String first = bench.publish("a", "2");
            bench.publishMany("a", 3, 6);
            FakeSink sink =
                    bench.open(StartPosition.after(first), Selector.of("a").withEnvelope());
            assertThat(sink.gaps()).hasSize(1);
            assertThat(sink.gaps().get(0).data()).startsWith("{\"reason\":\"evicted\"");
            bench.publish("a", Event.builder().id("mine").data("7").build());
            bench.run();
            assertThat(sink.lastEventId()).isEqualTo("mine");
            assertThat(LaneTestAccess.lastSentPosition(sink))
                    .as("a chosen id does not contain the position")
                    .isLessThan(LaneTestAccess.position(bench.hubLane()));
        }
    }
}
