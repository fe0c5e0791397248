package io.sluice.sse.benchmarks.soak;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * nginx with the nchan module, which replays too, in a process of its own: streams at {@code /events/{topic}}, publishing
 * at {@code /publish/{topic}}. One worker, as it is usual for one core. Closing it ends it.
 */
final class NchanProcess implements AutoCloseable {

    private static final String MODULE = "ngx_nchan_module.so";

    private static final String CONFIGURATION = """
            load_module %s;
            daemon off;
            master_process off;
            pid %s/pid;
            error_log %s/error.log warn;
            events { worker_connections 8192; use epoll; }
            http {
              access_log off;
              tcp_nodelay on;
              keepalive_requests 1000000000;
              keepalive_timeout 1h;
              client_body_temp_path %s/body;
              client_body_buffer_size 64k;
              nchan_shared_memory_size 512m;
              server {
                listen 127.0.0.1:%d backlog=4096;
                location ~ ^/events/(\\w+)$ {
                  nchan_subscriber eventsource;
                  nchan_channel_id $1;
                  nchan_subscriber_first_message newest;
                  nchan_subscriber_timeout 0;
                }
                location ~ ^/publish/(\\w+)$ {
                  nchan_publisher http;
                  nchan_channel_id $1;
                  nchan_message_buffer_length %d;
                  nchan_message_timeout 10m;
                }
              }
            }
            """;

    private final Process process;
    private final Path folder;
    private final int port;

    private NchanProcess(Process process, Path folder, int port) {
        this.process = process;
        this.folder = folder;
        this.port = port;
    }

    /** @return none where it is not installed */
    static Optional<NchanProcess> start(int historyEvents) throws IOException {
        Optional<Path> module = Stream.of(
                        "/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")
                .map(place -> Path.of(place, MODULE))
                .filter(Files::exists)
                .findFirst();
        Optional<Path> nginx = Stream.of((System.getenv("PATH") + ":/usr/sbin").split(File.pathSeparator))
                .map(place -> Path.of(place, "nginx"))
                .filter(Files::isExecutable)
                .findFirst();
        if (module.isEmpty() || nginx.isEmpty()) {
            return Optional.empty();
        }
        Path folder = Files.createTempDirectory("nchan");
        int port = freePort();
        Path configuration = folder.resolve("nginx.conf");
        Files.writeString(
                configuration,
                CONFIGURATION.formatted(module.get(), folder, folder, folder, port, historyEvents),
                StandardCharsets.UTF_8);
        Process process = new ProcessBuilder(
                        nginx.get().toString(), "-p", folder.toString(), "-c", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        NchanProcess started = new NchanProcess(process, folder, port);
        started.awaitListening();
        return Optional.of(started);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void awaitListening() throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (true) {
            try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() - deadline >= 0) {
                    close();
                    throw new IOException("nginx with nchan has not started", e);
                }
                Pace.pause(Duration.ofMillis(20));
            }
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
