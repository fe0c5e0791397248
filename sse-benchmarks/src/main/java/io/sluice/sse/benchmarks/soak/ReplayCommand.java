package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A crowd that comes back at once and asks for what it has missed: how long until all are served, beside nchan in the
 * same run, and what those feel meanwhile who listen to something else.
 */
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "A crowd comes back at once with its Last-Event-ID; beside nchan, where it is installed.")
final class ReplayCommand implements Callable<Integer> {

    private static final double MOST_RATIO = 3;

    @Mixin
    ServerOptions options = new ServerOptions();

    @Option(names = "--clients", defaultValue = "1000", description = "That come back. Default: ${DEFAULT-VALUE}")
    int clients;

    @Option(names = "--events", defaultValue = "1000", description = "That each has missed. Default: ${DEFAULT-VALUE}")
    int events;

    @Option(names = "--event-bytes", defaultValue = "256", description = "Default: ${DEFAULT-VALUE}")
    int eventBytes;

    @Option(names = "--live", defaultValue = "1000", description = "That listen meanwhile. Default: ${DEFAULT-VALUE}")
    int live;

    @Option(
            names = "--rate",
            defaultValue = "50",
            description = "Events per second for those. Default: ${DEFAULT-VALUE}")
    double rate;

    @Option(
            names = "--rounds",
            defaultValue = "7",
            description = "Times that the crowd comes; the first finds a cold server. Default: ${DEFAULT-VALUE}")
    int rounds;

    @Option(names = "--turn", defaultValue = "3s", description = "Quiet before each. Default: ${DEFAULT-VALUE}")
    Duration turn = Duration.ZERO;

    @Option(names = "--without-nchan", description = "Sluice alone.")
    boolean withoutNchan;

    private final Figures figures = new Figures();

    /** What one server has shown. */
    private record Shown(long[] servedNanos, Histogram quiet, Histogram crowded, long missing) {

        long median() {
            long[] warm = Arrays.copyOfRange(servedNanos, Math.min(1, servedNanos.length - 1), servedNanos.length);
            Arrays.sort(warm);
            return warm[warm.length / 2];
        }
    }

    @Override
    public Integer call() throws Exception {
        Shown sluice;
        try (ServerProcess server = ServerProcess.start(
                options, "--history-events", String.valueOf(events + 100), "--history-bytes", "1g")) {
            sluice = run(server.port());
        }
        figures.note("clients that come back, events each", clients + ", " + events + " of " + eventBytes + " bytes");
        describe("sluice", sluice);
        double ratio = (double) sluice.crowded.getValueAtPercentile(99) / sluice.quiet.getValueAtPercentile(99);
        figures.check(
                        "live p99 beside the crowd, to quiet",
                        String.format(Locale.ROOT, "x %.2f", ratio),
                        "< x " + MOST_RATIO,
                        ratio < MOST_RATIO)
                .check("live events missing, repeated or out of order", sluice.missing, "0", sluice.missing == 0);
        if (withoutNchan) {
            return figures.print(System.out, "replay");
        }
        Optional<NchanProcess> installed = NchanProcess.start(events + 100);
        if (installed.isEmpty()) {
            figures.note("nchan", "NOT INSTALLED, nothing to compare with (nginx-light, libnginx-mod-nchan)");
        } else {
            try (NchanProcess server = installed.get()) {
                Shown nchan = run(server.port());
                describe("nchan", nchan);
                double share = (double) sluice.median() / nchan.median();
                figures.check("all served, to nchan", String.format(Locale.ROOT, "x %.3f", share), "< x 1", share < 1);
            }
        }
        return figures.print(System.out, "replay");
    }

    private void describe(String who, Shown shown) {
        figures.note(who + ": all served, cold", Durations.millis(shown.servedNanos[0]))
                .note(who + ": all served, median of the others", Durations.millis(shown.median()))
                .note(who + ": live p50, p99, slowest, quiet", percentiles(shown.quiet))
                .note(who + ": live p50, p99, slowest, beside the crowd", percentiles(shown.crowded));
    }

    private static String percentiles(Histogram of) {
        return Durations.millis(of.getValueAtPercentile(50)) + ", " + Durations.millis(of.getValueAtPercentile(99))
                + ", " + Durations.millis(of.getMaxValue());
    }

    private Shown run(int port) throws Exception {
        Histogram quiet = new SynchronizedHistogram(3);
        Histogram crowded = new SynchronizedHistogram(3);
        Histogram aside = new SynchronizedHistogram(3);
        AtomicReference<Histogram> current = new AtomicReference<>(aside);
        long[] served = new long[rounds];
        // Two threads: what the crowd receives must not delay the clocks of the others.
        try (Clients others = new Clients(port);
                Clients crowd = new Clients(port);
                TimedPublisher publisher = new TimedPublisher(port, "/publish/live", rate, 128)) {
            List<TimedReader> readers = new ArrayList<>();
            Pace pace = new Pace(1_000);
            for (int i = 0; i < live; i++) {
                pace.next();
                TimedReader reader = new TimedReader("/events/live", current::get);
                readers.add(reader);
                others.connect(reader).syncUninterruptibly();
            }
            Pace.await(() -> readers.stream().allMatch(StreamReader::hasOpened), Duration.ofSeconds(30), "live stream");
            publisher.start();
            String since = publishHistory(port, crowd);
            Pace.pause(turn);
            for (int round = 0; round < rounds; round++) {
                current.set(round == 0 ? aside : quiet);
                Pace.pause(turn);
                current.set(round == 0 ? aside : crowded);
                served[round] = comeBack(crowd, since);
                current.set(aside);
                Pace.pause(Duration.ofSeconds(1));
            }
            publisher.close();
            long published = publisher.published();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (readers.stream().anyMatch(reader -> reader.events() < published)
                    && System.nanoTime() - deadline < 0) {
                Pace.pause(Duration.ofMillis(20));
            }
            long missing = readers.stream()
                    .mapToLong(reader -> Math.abs(published - reader.events()) + reader.disorder())
                    .sum();
            return new Shown(served, quiet, crowded, missing);
        }
    }

    /** @return the id of the event before those that the crowd has missed */
    private String publishHistory(int port, Clients crowd) throws Exception {
        LastIdReader last = new LastIdReader("/events/history");
        crowd.connect(last).sync();
        try (TimedPublisher publisher = new TimedPublisher(port, "/publish/history", 0, eventBytes)) {
            Pace.pause(Duration.ofMillis(500)); // a server may answer with its first event only
            publisher.publish(1);
            String id = last.id().toCompletableFuture().get(10, TimeUnit.SECONDS);
            publisher.publish(events);
            return id;
        } finally {
            Clients.reset(Objects.requireNonNull(last.channel()));
        }
    }

    /** @return how long until the last of them has all */
    private long comeBack(Clients crowd, String since) throws IOException, InterruptedException {
        CountDownLatch served = new CountDownLatch(clients);
        List<ReplayReader> readers = new ArrayList<>();
        long begin = System.nanoTime();
        for (int i = 0; i < clients; i++) {
            ReplayReader reader = new ReplayReader("/events/history", since, events, served);
            readers.add(reader);
            crowd.connect(reader);
        }
        if (!served.await(120, TimeUnit.SECONDS)) {
            throw new IOException(served.getCount() + " clients were not served within two minutes");
        }
        long took = System.nanoTime() - begin;
        for (ReplayReader reader : readers) {
            Clients.reset(Objects.requireNonNull(reader.channel()));
        }
        return took;
    }
}
