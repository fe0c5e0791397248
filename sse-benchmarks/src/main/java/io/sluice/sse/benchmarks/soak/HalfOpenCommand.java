package io.sluice.sse.benchmarks.soak;

import io.netty.channel.Channel;
import io.sluice.sse.examples.server.DurationText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Clients that lose their network: measures how long the server keeps them, both while it only sends heartbeats and
 * while it sends events. Runs over each transport unless one is given.
 */
@Command(
        name = "halfopen",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Clients that lose their network, and when the server removes them.")
final class HalfOpenCommand implements Callable<Integer> {

    private static final String QUIET = "quiet";
    private static final String BUSY = "busy";
    private static final int EVENT_BYTES = 4096;
    private static final double EVENTS_PER_SECOND = 100;

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--clients", defaultValue = "100", description = "Of each kind. Default: ${DEFAULT-VALUE}")
    int clients;

    @Option(names = "--heartbeat", defaultValue = "1s", description = "Default: ${DEFAULT-VALUE}")
    Duration heartbeat = Duration.ZERO;

    @Option(names = "--write-timeout", defaultValue = "2s", description = "Default: ${DEFAULT-VALUE}")
    Duration writeTimeout = Duration.ZERO;

    @Option(
            names = "--patience",
            defaultValue = "30s",
            description = "How long to wait if the kernel decides: idle clients over NIO. Default: ${DEFAULT-VALUE}")
    Duration patience = Duration.ZERO;

    private final Figures figures = new Figures();

    @Override
    public Integer call() throws Exception {
        List<String> transports =
                options.transport == null ? List.of("epoll", "io_uring", "nio") : List.of(options.transport);
        for (String transport : transports) {
            options.transport = transport;
            run(transport, QUIET);
            run(transport, BUSY);
        }
        return figures.print(System.out, "halfopen");
    }

    private void run(String transport, String topic) throws Exception {
        boolean busy = topic.equals(BUSY);
        try (ServerProcess server = ServerProcess.start(
                        options,
                        "--heartbeat",
                        DurationText.format(heartbeat),
                        "--write-timeout",
                        DurationText.format(writeTimeout));
                Clients sockets = new Clients(server.port());
                TimedPublisher publisher = new TimedPublisher(server, topic, EVENTS_PER_SECOND, EVENT_BYTES)) {
            ServerApi api = new ServerApi(server);
            Queue<Channel> open = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < clients; i++) {
                sockets.connect(new StreamReader("/events/" + topic) {
                            @Override
                            void opened(Channel channel) {
                                open.add(channel);
                            }
                        })
                        .syncUninterruptibly();
            }
            if (busy) {
                publisher.start();
            }
            Pace.await(() -> open.size() >= clients, Duration.ofSeconds(60), clients + " open streams");
            Pace.pause(heartbeat.multipliedBy(2));
            // With NIO the kernel cannot be configured to give up, and it accepts bytes until its buffers are full.
            boolean limited = !transport.equals("nio");
            Duration limit = heartbeat.plus(writeTimeout);
            List<Long> removed = loseNetwork(api, open, limited ? limit.multipliedBy(3) : patience);
            String kind = transport + (busy ? ", events" : ", heartbeats only");
            String value = removed.isEmpty()
                    ? "none of " + clients + " removed after " + patience.toSeconds() + " s"
                    : removed.size() + " removed after " + TimeFormat.seconds(removed.get(0)) + " to "
                            + TimeFormat.seconds(removed.get(removed.size() - 1)) + " "
                            + api.closed().keySet();
            if (limited) {
                // A third more for the resolution of the timers: the ticker's period and the kernel's.
                long most = limit.toNanos() * 4 / 3;
                boolean kept = removed.size() == clients && removed.get(removed.size() - 1) <= most;
                figures.check(kind, value, "<= " + TimeFormat.seconds(most), kept);
            } else {
                figures.note(kind, value);
            }
        }
    }

    /**
     * @return when the first, the second, … sink was missing from the ledger, in nanoseconds from the loss of the
     *     network
     */
    private List<Long> loseNetwork(ServerApi api, Queue<Channel> open, Duration longest) throws Exception {
        long begin = System.nanoTime();
        open.forEach(Clients::goSilent);
        List<Long> removed = new ArrayList<>();
        while (removed.size() < clients && System.nanoTime() - begin < longest.toNanos()) {
            Map<String, Long> owned = api.owned();
            long now = System.nanoTime() - begin;
            while (removed.size() < clients - owned.getOrDefault("sinks", 0L)) {
                removed.add(now);
            }
            Pace.pause(Duration.ofMillis(10));
        }
        return removed;
    }
}
