package io.sluice.sse.benchmarks.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class NodesTest {

    private static final String EPOCH = "0123456789-0000000000";

    /** Where there is no Redis the test is skipped, which {@code SLUICE_FORBID_SKIPS} forbids. */
    private static RedisProcess redis() {
        try {
            return RedisProcess.start();
        } catch (IOException e) {
            if (System.getenv("SLUICE_FORBID_SKIPS") != null) {
                Assertions.fail(e);
            }
            System.err.println("SKIPPED: " + e.getMessage());
            Assumptions.abort(String.valueOf(e.getMessage()));
            throw new AssertionError(e);
        }
    }

    @Test
    void nodesThatShareARedisDeliverEachEventOnceAndInOrder() throws Exception {
        ServerOptions options = new ServerOptions();
        options.heap = "32m";
        NodesStage.Load load = new NodesStage.Load(6, 3, 200, 64);
        try (RedisProcess redis = redis();
                NodesStage stage = NodesStage.joined(options, 2, load, redis, 1)) {
            NodesStage.Round round = stage.run(Duration.ofMillis(200));
            assertThat(round.plan().received()).isEqualTo(160); // two clients of the topic at each of two nodes
            assertComplete(round, 40);
        }
    }

    @Test
    void nodesWithoutRedisGetAsManyPublicationsAsTheirClientsReceiveWithIt() throws Exception {
        ServerOptions options = new ServerOptions();
        options.heap = "32m";
        NodesStage.Load load = new NodesStage.Load(6, 3, 200, 64);
        try (NodesStage stage = NodesStage.apart(options, 2, load, 1)) {
            NodesStage.Round round = stage.run(Duration.ofMillis(200));
            assertThat(round.plan().received()).isEqualTo(160); // as with Redis: two clients for 40 at each of two
            assertComplete(round, 80);
        }
    }

    private static void assertComplete(NodesStage.Round round, int publications) {
        assertThat(round.failure()).isEmpty();
        assertThat(round.answered()).isEqualTo(publications);
        for (NodesPlan.Fault fault : NodesPlan.Fault.values()) {
            assertThat(round.plan().faults(fault)).as("%s", fault).isZero();
        }
        assertThat(round.latencies().getTotalCount()).isEqualTo(publications);
    }

    @Test
    void aPublisherPublishesToTopicsOfItsHub() {
        NodesPlan plan = new NodesPlan(0, 1000, new NodesPlan.Shape(3, 10, 12, 2), 1);
        for (int i = 0; i < plan.count(); i++) {
            assertThat(plan.topic(i) / 10).isEqualTo(plan.publisher(i) % 3);
        }
        assertThat(plan.expected()).isEqualTo(2000);
    }

    @Test
    void aHubAndABareConnectionPublish() throws Exception {
        try (RedisProcess redis = redis();
                PublishRace race = new PublishRace(redis, 100, 10, 64)) {
            assertThat(race.hub()).isPositive();
            assertThat(race.bare()).isPositive();
        }
    }

    @Test
    void aClientFindsWhatIsWrong() {
        NodesPlan plan = new NodesPlan(10, 5, new NodesPlan.Shape(1, 1, 1, 2), 1);
        Client one = new Client(plan);
        Client other = new Client(plan);
        one.reads("5\r\nretry: 5\n\n\r\n1f\r\n" + event(10, "1") + event(11, "2"));
        assertThat(plan.received()).isEqualTo(2);
        other.reads(event(10, "1") + event(11, "3"));
        assertThat(plan.faults(NodesPlan.Fault.DIFFERENT_ID)).isEqualTo(1);
        assertThat(plan.latencies().getTotalCount()).isEqualTo(2);
        one.reads(event(11, "4")); // twice
        one.reads(event(12, "2")); // with an earlier id
        assertThat(plan.faults(NodesPlan.Fault.DISORDER)).isEqualTo(2);
        one.reads(event(15, "5"));
        assertThat(plan.faults(NodesPlan.Fault.FOREIGN)).isEqualTo(1);
        one.reads("event: gap\ndata: {}\n\n");
        assertThat(plan.faults(NodesPlan.Fault.GAP)).isEqualTo(1);
        assertThat(plan.received()).isEqualTo(4);
    }

    private static String event(int number, String position) {
        return "id: " + EPOCH + position + "\ndata: " + NodesReader.MARK + number + " xxx\n\n";
    }

    /** A client that gets its bytes one by one. */
    private static final class Client {

        private final EmbeddedChannel channel;

        Client(NodesPlan plan) {
            channel = new EmbeddedChannel(new NodesReader("load/0", 0, 1, () -> plan));
        }

        void reads(String text) {
            for (byte each : text.getBytes(StandardCharsets.US_ASCII)) {
                channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {each}));
            }
        }
    }
}
