package io.sluice.sse.benchmarks.compression;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.Compression;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.Transport;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * The measured server, with one lane. It prints its port. The line {@code memory} prints the live heap and the resident
 * memory in bytes. A line such as {@code TICK 300} publishes so many events, each when the one before was written to
 * all clients, and prints the processor time of the lane in nanoseconds.
 */
final class CompressionServer {

    private static final long POLL_NANOS = 200_000;

    private final Hub hub;
    private final int clients;
    private final Payloads payloads = new Payloads();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    private CompressionServer(Hub hub, int clients) {
        this.hub = hub;
        this.clients = clients;
    }

    /** @param arguments the transport, the compression, and the number of clients */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Hub hub = Hub.builder().coalesce(Duration.ZERO).build();
                SseServer server = SseServer.builder()
                        .hub(hub)
                        .port(0)
                        .threads(1)
                        .heartbeat(Duration.ZERO)
                        .transport(Transport.valueOf(arguments[0].toUpperCase(Locale.ROOT)))
                        .compression(Compression.valueOf(arguments[1]))
                        .maxCompressors(Integer.parseInt(arguments[2]))
                        .start()) {
            out.println(server.port());
            CompressionServer measured = new CompressionServer(hub, Integer.parseInt(arguments[2]));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(line.equals("memory") ? memory() : measured.publish(line.split(" ")));
            }
        }
    }

    private static String memory() throws IOException {
        System.gc();
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            String resident = lines.filter(line -> line.startsWith("VmRSS:"))
                    .map(line -> line.replaceAll("[^0-9]", ""))
                    .findFirst()
                    .orElse("0");
            return heap + " " + 1024 * Long.parseLong(resident);
        }
    }

    private String publish(String[] what) {
        Payloads.Kind kind = Payloads.Kind.valueOf(what[0]);
        while (hub.subscribers("load") < clients) {
            LockSupport.parkNanos(POLL_NANOS);
        }
        long expected = hub.stats().delivered();
        long before = laneNanos();
        for (int i = Integer.parseInt(what[1]); i > 0; i--) {
            hub.publish("load", Event.of(payloads.next(kind)));
            expected += clients;
            while (hub.stats().delivered() < expected) {
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
        return Long.toString(laneNanos() - before);
    }

    private long laneNanos() {
        long nanos = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().startsWith("sluice-")) {
                nanos += threads.getThreadCpuTime(thread.getThreadId());
            }
        }
        return nanos;
    }
}
