package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Nodes with their clients and publishers: a hub for each node, or one hub of all nodes, which share a Redis. */
final class NodesStage implements AutoCloseable {

    /**
     * The load of a stage.
     *
     * @param clients of each node
     * @param topics of each hub
     * @param rate publications per second of each hub
     * @param size bytes of an event
     */
    record Load(int clients, int topics, double rate, int size) {}

    /**
     * What a round has measured.
     *
     * @param cpuNanos of all nodes of the stage
     * @param machineBusy the part of the time in which the processors of the machine were busy
     * @param ownCpuNanos of the clients and publishers
     */
    record Round(NodesPlan plan, long cpuNanos, long answered, String failure, double machineBusy, long ownCpuNanos) {

        Histogram latencies() {
            return plan.latencies();
        }

        double cpuMicrosPerDelivery() {
            return cpuNanos / 1e3 / Math.max(1, plan.received());
        }
    }

    /** Of publishers. */
    static final int CONNECTIONS = 48;

    private static final Duration OPENS_WITHIN = Duration.ofSeconds(30);
    private static final long DRAINS_WITHIN_NANOS = Duration.ofSeconds(10).toNanos();

    private final Load load;
    private final int hubs;
    private final List<ServerProcess> nodes = new ArrayList<>();
    private final List<Clients> sockets = new ArrayList<>();
    private final long seed;
    private volatile NodesPlan plan;
    private long published;
    private int rounds;

    private NodesStage(Load load, int hubs, long seed) {
        this.load = load;
        this.hubs = hubs;
        this.seed = seed;
        this.plan = new NodesPlan(0, 0, new NodesPlan.Shape(1, 1, 1, 0), seed);
    }

    /**
     * Nodes without Redis. Each is a hub with the clients and the publications of the load.
     *
     * @param nodes how many
     */
    static NodesStage apart(ServerOptions options, int nodes, Load load, long seed)
            throws IOException, InterruptedException {
        return start(options, nodes, new NodesStage(load, nodes, seed), List.of());
    }

    /**
     * Nodes that are one hub. Each has the clients of the load, and all together have its publications.
     *
     * @param nodes how many
     */
    static NodesStage joined(ServerOptions options, int nodes, Load load, RedisProcess redis, long seed)
            throws IOException, InterruptedException {
        return start(options, nodes, new NodesStage(load, 1, seed), List.of("--redis", redis.uri()));
    }

    /** Starts the nodes, and connects all clients. */
    private static NodesStage start(ServerOptions options, int nodes, NodesStage stage, List<String> arguments)
            throws IOException, InterruptedException {
        try {
            for (int i = 0; i < nodes; i++) {
                stage.nodes.add(ServerProcess.start(options, arguments.toArray(String[]::new)));
            }
            for (ServerProcess node : stage.nodes) {
                new ServerApi(node).awaitReady(OPENS_WITHIN);
            }
            Clients clients = new Clients(stage.nodes.get(0).port(), 1);
            stage.sockets.add(clients);
            stage.connect(clients);
            return stage;
        } catch (IOException | InterruptedException | RuntimeException e) {
            stage.close();
            throw e;
        }
    }

    private void connect(Clients clients) throws IOException {
        List<NodesReader> readers = new ArrayList<>();
        Pace pace = new Pace(2_000);
        for (int node = 0; node < nodes.size(); node++) {
            for (int i = 0; i < load.clients; i++) {
                pace.next();
                int topic = node % hubs * load.topics + i % load.topics;
                NodesReader reader = new NodesReader(topicName(topic), topic, connections(), () -> plan);
                readers.add(reader);
                clients.connectTo(nodes.get(node).port(), reader);
            }
        }
        Pace.await(() -> readers.stream().allMatch(StreamReader::hasOpened), OPENS_WITHIN, "stream of each client");
    }

    /** Of publishers, to all nodes. */
    private int connections() {
        return CONNECTIONS / nodes.size() * nodes.size();
    }

    private static String topicName(int topic) {
        return "load/" + topic;
    }

    /** Publishes at the rate for so long, and waits until the clients have everything, or receive nothing more. */
    Round run(Duration time) throws IOException {
        int count = (int) Math.max(1, hubs * load.rate * time.toMillis() / 1000);
        int perTopic = load.clients / load.topics * nodes.size() / hubs;
        NodesPlan.Shape shape = new NodesPlan.Shape(hubs, load.topics, connections(), perTopic);
        NodesPlan now = new NodesPlan(published, count, shape, seed + rounds++);
        plan = now;
        published += count;
        try (Publishers publishers = new Publishers()) { // the server closes idle connections between two rounds
            long cpuBefore = cpuNanos();
            long ownBefore = ownCpuNanos();
            MachineLoad machine = MachineLoad.begin();
            publishers.publish(now);
            double busy = machine.busy();
            long deadline = System.nanoTime() + DRAINS_WITHIN_NANOS;
            while ((now.received() < now.expected() || publishers.answered() < count) && System.nanoTime() < deadline) {
                Pace.pause(Duration.ofMillis(1));
            }
            return new Round(
                    now,
                    cpuNanos() - cpuBefore,
                    publishers.answered(),
                    publishers.failure(),
                    busy,
                    ownCpuNanos() - ownBefore);
        }
    }

    /** Several for each node: with Redis a connection has one POST under way, and its next ones wait. */
    private final class Publishers implements AutoCloseable {

        private final List<NodePublisher> all = new ArrayList<>();

        Publishers() throws IOException {
            for (int i = 0; i < connections(); i++) {
                all.add(new NodePublisher(nodes.get(i % nodes.size()).port(), load.size));
            }
        }

        void publish(NodesPlan events) throws IOException {
            Pace pace = new Pace(hubs * load.rate);
            for (int i = 0; i < events.count(); i++) {
                events.publishing(i, pace.next());
                String text = String.format(Locale.ROOT, "%c%010d ", NodesReader.MARK, events.number(i));
                all.get(events.publisher(i)).publish(topicName(events.topic(i)), text);
            }
        }

        long answered() {
            return all.stream().mapToLong(NodePublisher::answered).sum();
        }

        String failure() {
            return all.stream()
                    .map(NodePublisher::failure)
                    .filter(each -> !each.isEmpty())
                    .findFirst()
                    .orElse("");
        }

        @Override
        public void close() throws IOException {
            for (NodePublisher publisher : all) {
                publisher.close();
            }
        }
    }

    private static long ownCpuNanos() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos();
    }

    private long cpuNanos() {
        return nodes.stream().mapToLong(node -> node.cpu().toNanos()).sum();
    }

    @Override
    public void close() {
        sockets.forEach(Clients::close);
        nodes.forEach(ServerProcess::close);
    }
}
