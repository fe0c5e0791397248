package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.sluice.sse.examples.server.DurationText;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Sends SIGTERM to a server with many clients, and measures when each client's stream ends, when each client would
 * reconnect, and how the server exits. Half of the clients close their connection when the stream ends. The other half
 * keep it open until the server closes it, as an HTTP client with a connection pool does.
 */
@Command(
        name = "drain",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Drains a server with many clients, and checks the busiest second.")
final class DrainCommand implements Callable<Integer> {

    private static final String TOPIC = "live";
    /** The busiest second may have at most this many times the clients of an even spread: 20 % in a drain of 10 s. */
    private static final double TIMES_THE_MEAN = 2.0;

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--clients", defaultValue = "10000", description = "Default: ${DEFAULT-VALUE}")
    int clients;

    @Option(names = "--drain", defaultValue = "10s", description = "The server's drain time. Default: ${DEFAULT-VALUE}")
    Duration drain = Duration.ZERO;

    @Option(
            names = "--rate",
            defaultValue = "5",
            description = "Events per second meanwhile. Default: ${DEFAULT-VALUE}")
    double rate;

    private final Figures figures = new Figures();

    @Override
    public Integer call() throws Exception {
        try (ServerProcess server = ServerProcess.start(options, "--drain", DurationText.format(drain));
                Clients sockets = new Clients(server.port());
                TimedPublisher publisher = new TimedPublisher(server, TOPIC, rate, 100)) {
            ServerApi api = new ServerApi(server);
            List<Drained> all = new ArrayList<>();
            Pace pace = new Pace(2_000);
            for (int i = 0; i < clients; i++) {
                pace.next();
                Drained client = new Drained(i % 2 == 0);
                all.add(client);
                sockets.connect(client);
            }
            long opened = api.awaitSinks(sinks -> sinks >= clients, Duration.ofSeconds(60));
            publisher.start();
            Pace.pause(Duration.ofSeconds(2));
            long begin = System.nanoTime();
            server.terminate();
            int status = server.awaitExit(drain.toSeconds() + 30);
            long took = System.nanoTime() - begin;
            Pace.pause(Duration.ofSeconds(1)); // lets the clients read what is in their sockets
            report(all, opened, begin, took, status);
        }
        return figures.print(System.out, "drain");
    }

    private void report(List<Drained> all, long opened, long begin, long took, int status) {
        long orderly = all.stream().filter(client -> client.endNanos != 0).count();
        long hinted = all.stream().filter(client -> client.retryMillis >= 0).count();
        figures.check("clients with a stream", opened, Integer.toString(clients), opened == clients)
                .check("streams ended cleanly (last chunk)", orderly, Integer.toString(clients), orderly == clients)
                .check("received a retry delay", hinted, Integer.toString(clients), hinted == clients);
        busiest("ends", all, client -> client.endNanos == 0 ? -1 : client.endNanos - begin);
        busiest(
                "reconnects, by the retry delays",
                all,
                client -> client.endNanos == 0 ? -1 : client.endNanos - begin + client.retryMillis * 1_000_000);
        long[] hints =
                all.stream().mapToLong(client -> client.retryMillis).sorted().toArray();
        figures.note(
                        "retry delays: least, median, most",
                        hints[0] + ", " + hints[hints.length / 2] + ", " + hints[hints.length - 1] + " ms")
                .check(
                        "from the signal to the exit",
                        TimeFormat.seconds(took),
                        "<= " + (drain.toSeconds() + 1) + " s",
                        took <= drain.toNanos() + 1_000_000_000L)
                .check("exit status", status, "0", status == 0);
    }

    /** Checks the busiest second, whichever second that is, and prints the counts per second from the signal on. */
    private void busiest(String what, List<Drained> all, ToLongFunction<Drained> moment) {
        long[] moments = all.stream()
                .mapToLong(moment)
                .filter(nanos -> nanos >= 0)
                .sorted()
                .toArray();
        int most = 0;
        for (int from = 0, to = 0; to < moments.length; to++) {
            while (moments[to] - moments[from] >= 1_000_000_000L) {
                from++;
            }
            most = Math.max(most, to - from + 1);
        }
        int[] seconds = new int[moments.length == 0 ? 1 : (int) (moments[moments.length - 1] / 1_000_000_000L) + 1];
        for (long nanos : moments) {
            seconds[(int) (nanos / 1_000_000_000L)]++;
        }
        double part = (double) most / clients;
        double mostOfAll = TIMES_THE_MEAN / drain.toMillis() * 1000;
        figures.note(what + ", second by second", Arrays.toString(seconds))
                .check(
                        what + ", in the busiest second",
                        String.format(Locale.ROOT, "%d (%.1f %%)", most, 100 * part),
                        String.format(Locale.ROOT, "<= %.0f %%", 100 * mostOfAll),
                        part <= mostOfAll);
    }

    /** A client that examines the end of its stream. Its fields are written by its event loop and read at the end. */
    private static final class Drained extends StreamReader {
        private static final int TAIL = 64;
        private static final String LAST_CHUNK = "\r\n0\r\n\r\n";
        private static final Pattern HINT = Pattern.compile("retry: (\\d+)\n\n\r\n0\r\n\r\n$");

        private final boolean closes;
        private String tail = "";
        volatile long endNanos;
        volatile long retryMillis = -1;

        Drained(boolean closes) {
            super("/events/" + TOPIC);
            this.closes = closes;
        }

        @Override
        void received(Channel channel, ByteBuf bytes) {
            int count = Math.min(TAIL, bytes.readableBytes());
            byte[] last = ByteBufUtil.getBytes(bytes, bytes.writerIndex() - count, count);
            String text = tail + new String(last, StandardCharsets.ISO_8859_1);
            tail = text.substring(Math.max(0, text.length() - TAIL));
            if (endNanos == 0 && tail.endsWith(LAST_CHUNK)) {
                endNanos = System.nanoTime();
                Matcher hint = HINT.matcher(tail);
                if (hint.find()) {
                    retryMillis = Long.parseLong(hint.group(1));
                }
                if (closes) {
                    channel.close();
                }
            }
        }
    }
}
