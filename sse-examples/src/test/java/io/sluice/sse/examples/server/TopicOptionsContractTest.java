package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the contract for {@code --topic}: each key changes what the topics of its pattern do, and no others. */
@Timeout(60)
class TopicOptionsContractTest {

    private static final List<String> FOUR = List.of("one", "two", "three", "four");

    /** Publishes these events, each with a key of its own, and returns the data of those that the topic keeps. */
    private static List<String> keptOf(TestServer server, String topic, List<String> data) throws Exception {
        for (String each : data) {
            assertThat(server.post("/publish/" + topic + "?key=" + each.charAt(0), each)
                            .statusCode())
                    .isEqualTo(200);
        }
        return kept(server, topic);
    }

    private static List<String> kept(TestServer server, String topic) throws Exception {
        server.post("/publish/" + topic + "?last=1", "last"); // so that the stream ends
        return server.get("/events/" + topic + "?replay=100")
                .body()
                .lines()
                .filter(line -> line.startsWith("data: ") && !line.contains("last") && !line.contains("{"))
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    @Test
    void events() throws Exception {
        try (TestServer server = TestServer.start("--topic", "a/**,events=3")) {
            assertThat(keptOf(server, "a/1", FOUR)).containsExactly("three", "four"); // and the last event
            assertThat(keptOf(server, "b", FOUR)).isEqualTo(FOUR);
        }
    }

    @Test
    void bytes() throws Exception {
        List<String> large = List.of("1".repeat(400), "2".repeat(400), "3".repeat(400), "4".repeat(400));
        try (TestServer server = TestServer.start("--topic", "a,bytes=1200")) {
            assertThat(keptOf(server, "a", large))
                    .isNotEmpty()
                    .hasSizeLessThan(3)
                    .endsWith(large.get(3));
            assertThat(keptOf(server, "b", large)).isEqualTo(large);
        }
    }

    @Test
    void age() throws Exception {
        try (TestServer server = TestServer.start("--topic", "a,age=100ms")) {
            for (String topic : List.of("a", "b")) {
                server.publish(topic, "old");
            }
            Hub hub = server.hub();
            await().until(() -> hub.topics(null, 10).stream()
                    .noneMatch(topic -> topic.name().equals("a") && topic.events() > 0));
            assertThat(kept(server, "b")).containsExactly("old");
        }
    }

    @Test
    void conflate() throws Exception {
        List<String> twoKeys = List.of("a1", "b1", "b2", "b3");
        try (TestServer server = TestServer.start("--history-events", "2", "--topic", "a,conflate")) {
            assertThat(keptOf(server, "a", twoKeys)).containsExactly("a1", "b3");
            assertThat(keptOf(server, "b", twoKeys)).containsExactly("b3");
        }
    }

    /** A reader that stands still while its topic evicts what it has not read. */
    private static final class SlowReader {
        private final List<String> read = new CopyOnWriteArrayList<>();
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final String topic;
        private final HubSink sink;

        SlowReader(Hub hub, String topic) {
            this.topic = topic;
            sink = hub.subscribe(Selector.of(topic), StartPosition.live(), this::take)
                    .toCompletableFuture()
                    .join();
        }

        private void take(TopicEvent event) {
            read.add(
                    "gap".equals(event.event().name())
                            ? "gap"
                            : event.event().data().replace("-", ""));
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void overflow() throws Exception {
        try (TestServer server = TestServer.start(
                "--history-events", "2", "--topic", "gaps,overflow=gap", "--topic", "latest,overflow=latest")) {
            SlowReader gaps = new SlowReader(server.hub(), "gaps");
            SlowReader latest = new SlowReader(server.hub(), "latest");
            SlowReader usual = new SlowReader(server.hub(), "usual");
            for (SlowReader reader : List.of(gaps, latest, usual)) {
                server.publish(reader.topic, "first");
                reader.begun.await();
                for (String each : FOUR) {
                    server.publish(reader.topic, "-".repeat(40_000) + each); // more than waits for a reader
                }
                reader.goOn.countDown();
            }
            await().untilAsserted(() -> assertThat(gaps.read).containsSubsequence("first", "gap", "three", "four"));
            await().untilAsserted(() -> assertThat(latest.read).contains("gap"));
            server.publish("latest", "next");
            await().untilAsserted(() -> assertThat(latest.read).containsSubsequence("gap", "next"));
            // the lane may have found the loss before the last one of the four was published
            assertThat(latest.read).doesNotContain("three");
            await().until(() -> !usual.sink.isOpen()); // disconnect is the default
            assertThat(usual.read).doesNotContain("gap", "four");
        }
    }
}
