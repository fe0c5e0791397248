package io.sluice.sse.benchmarks.soak;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Connections that send half a request or nothing: a healthy client must still get its stream, and the server must
 * close those connections by itself.
 */
@Command(
        name = "halfsent",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Connections that never finish their request, and when the server closes them.")
final class HalfSentCommand implements Callable<Integer> {

    private static final int HEALTHY = 20;
    private static final long MOST_CONNECT_MILLIS = 1_000;

    private static final String[] HALVES = {
        "GET /events/a HTTP/1.1\r\nHost: loc",
        "G",
        "POST /publish/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf of it",
    };

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(
            names = "--half",
            defaultValue = "300",
            description = "Connections with half a request. Default: ${DEFAULT-VALUE}")
    int half;

    @Option(
            names = "--silent",
            defaultValue = "300",
            description = "Connections that send nothing. Default: ${DEFAULT-VALUE}")
    int silent;

    @Option(
            names = "--within",
            defaultValue = "15s",
            description =
                    "When all of them must be closed: the server's timeouts, with a margin. Default: ${DEFAULT-VALUE}")
    Duration within = Duration.ZERO;

    private final Figures figures = new Figures();

    @Override
    public Integer call() throws Exception {
        try (ServerProcess server = ServerProcess.start(options);
                Clients clients = new Clients(server.port())) {
            ServerApi api = new ServerApi(server);
            connectHealthy(clients); // warm-up
            List<Hanging> hanging = new ArrayList<>();
            for (int i = 0; i < half + silent; i++) {
                Hanging one = new Hanging(i < half ? HALVES[i % HALVES.length] : "");
                hanging.add(one);
                clients.connect(one).syncUninterruptibly();
            }
            long begin = System.nanoTime();
            Histogram connects = connectHealthy(clients);
            Histogram ends = new SynchronizedHistogram(3);
            int stayed = 0;
            for (Hanging one : hanging) {
                try {
                    long left = begin + within.toNanos() - System.nanoTime();
                    ends.recordValue(one.end.get(Math.max(0, left), TimeUnit.NANOSECONDS));
                } catch (TimeoutException e) {
                    stayed++;
                }
            }
            long slowest = connects.getMaxValue();
            figures.note("connections with half a request, without any byte", half + ", " + silent)
                    .check(
                            "first block of a healthy client meanwhile, p50 and slowest",
                            TimeFormat.millis(connects.getValueAtPercentile(50)) + ", " + TimeFormat.millis(slowest),
                            "<= " + MOST_CONNECT_MILLIS + " ms",
                            connects.getTotalCount() == HEALTHY && slowest <= MOST_CONNECT_MILLIS * 1_000_000)
                    .note(
                            "closed after, first and last",
                            ends.getTotalCount() == 0
                                    ? "never"
                                    : TimeFormat.seconds(ends.getMinValue()) + ", "
                                            + TimeFormat.seconds(ends.getMaxValue()))
                    .check("still open after " + within.toSeconds() + " s", stayed, "0", stayed == 0);
            Map<String, Long> owned = api.awaitOwned(Map.of(), Duration.ofSeconds(5));
            long left = owned.getOrDefault("connections", -1L);
            figures.check("connections in the ledger", left, "0", left == 0);
        }
        return figures.print(System.out, "halfsent");
    }

    /** Connects one after the other, and times each from the call of connect to the first bytes of its stream. */
    private static Histogram connectHealthy(Clients clients) throws InterruptedException, ExecutionException {
        Histogram times = new SynchronizedHistogram(3);
        for (int i = 0; i < HEALTHY; i++) {
            CompletableFuture<Void> opened = new CompletableFuture<>();
            long begin = System.nanoTime();
            clients.connect(new StreamReader("/events/a") {
                @Override
                void opened(io.netty.channel.Channel channel) {
                    opened.complete(null);
                    channel.close();
                }
            });
            try {
                opened.get(10, TimeUnit.SECONDS);
                times.recordValue(System.nanoTime() - begin);
            } catch (TimeoutException e) {
                return times; // the lower count shows it
            }
        }
        return times;
    }

    /** Sends an incomplete request and waits. */
    private static final class Hanging extends ChannelInboundHandlerAdapter {
        private final String half;
        private long beginNanos;
        final CompletableFuture<Long> end = new CompletableFuture<>();

        Hanging(String half) {
            this.half = half;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            beginNanos = System.nanoTime();
            if (!half.isEmpty()) {
                ctx.writeAndFlush(Clients.ascii(half));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end.complete(System.nanoTime() - beginNanos);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
            ctx.close();
        }
    }
}
