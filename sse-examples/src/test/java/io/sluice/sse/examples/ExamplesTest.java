package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The small examples work as their comments describe. */
@Execution(ExecutionMode.CONCURRENT) // its tests wait for the default drain of each server
class ExamplesTest {

    /** A socket with a request; {@link #until} reads lines of the response. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;

        Client(int port, String target) throws Exception {
            socket = new Socket("127.0.0.1", port);
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        void until(String start) throws Exception {
            for (String line = in.readLine(); ; line = in.readLine()) {
                assertThat(line).as("the stream ended before " + start).isNotNull();
                if (line.startsWith(start)) {
                    return;
                }
            }
        }

        @Override
        public void close() throws Exception {
            socket.close();
        }
    }

    @Test
    void helloBroadcast() throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = HelloBroadcast.start(hub, 0);
                Client one = new Client(server.port(), "/events/time");
                Client two = new Client(server.port(), "/events/time")) {
            one.until("retry:");
            two.until("retry:");
            HelloBroadcast.publishTime(hub);
            one.until("data: 20");
            two.until("data: 20");
        }
    }

    @Test
    void ownSource() throws Exception {
        try (SseServer server = OwnSource.start(0, Duration.ofMillis(20))) {
            try (Client client = new Client(server.port(), "/countdown?from=3")) {
                client.until("data: 3");
                client.until("data: 2");
                client.until("data: 1");
                client.until("event: lift-off");
                client.until("id: end~");
            }
            try (Client client = new Client(server.port(), "/countdown?from=100000")) {
                client.until("data: 99999");
            }
            await().untilAsserted(() -> assertThat(server.hub().ledger().isZero())
                    .as(server.hub().ledger().toString())
                    .isTrue());
            HttpResponse<String> rejected = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(server.uri() + "/countdown?from=abc"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(rejected.statusCode()).isEqualTo(400);
            assertThat(rejected.body()).contains("abc").contains("(expected: a whole number)");
        }
    }

    @Test
    void resumeAfterDrop() throws Exception {
        List<String> said = new ArrayList<>();
        assertThat(ResumeAfterDrop.run(said::add)).containsExactly("one", "two", "three", "four", "five", "six");
        assertThat(said).anyMatch(line -> line.startsWith("-- cut off"));
    }

    @Test
    void chat() throws Exception {
        try (Hub hub = Chat.hub();
                SseServer server = Chat.start(hub, 0)) {
            try (Client ann = new Client(server.port(), "/rooms/tea?name=ann")) {
                ann.until("data: {\"topic\":\"rooms/tea\",\"count\":1,\"principals\":[\"ann\"]}");
                ann.until("data: {\"principal\":\"ann\"");
                try (Client bob = new Client(server.port(), "/rooms/tea?name=bob")) {
                    bob.until("data: {\"topic\":\"rooms/tea\",\"count\":2,\"principals\":[\"ann\",\"bob\"]}");
                    ann.until("event: join");
                    ann.until("data: {\"principal\":\"bob\"");
                    assertThat(post(server, "/rooms/tea?name=bob", "hello").statusCode())
                            .isEqualTo(204);
                    ann.until("event: said");
                    ann.until("data: {");
                    bob.until("event: said");
                }
                ann.until("event: leave");
                ann.until("data: {\"principal\":\"bob\"");
                assertThat(hub.members("rooms/tea")).containsExactly("ann");
            }
            await().until(() -> hub.members("rooms/tea").isEmpty());
            assertThat(post(server, "/rooms/tea", "hello").statusCode()).isEqualTo(400);
            try (Client page = new Client(server.port(), "/")) {
                page.until("<!doctype html>");
            }
        }
    }

    @Test
    void jobProgress() throws Exception {
        CountDownLatch haveConnected = new CountDownLatch(1); // the job waits for it, and then ends at once
        try (SseServer server = JobProgress.start(0, haveConnected::await)) {
            String id = post(server, "/jobs", "").body();
            try (Client leaves = new Client(server.port(), "/jobs/" + id);
                    Client stays = new Client(server.port(), "/jobs/" + id)) {
                leaves.until("event: progress");
                leaves.close();
                stays.until("event: progress");
                haveConnected.countDown();
                stays.until("event: result");
                stays.until("data: {\"answer\":42}");
                stays.until("id: end~");
            }
            try (Client late = new Client(server.port(), "/jobs/" + id)) {
                late.until("event: result");
                late.until("id: end~");
            }
            await().untilAsserted(() -> assertThat(server.hub().ledger().isZero())
                    .as(server.hub().ledger().toString())
                    .isTrue());
            try (Client client = new Client(server.port(), "/jobs/unknown")) {
                client.until("HTTP/1.1 404 ");
            }
        }
    }

    private record Response(int statusCode, String body) {}

    /** Uses a connection that closes after the response. A persistent one would count as owned for a minute. */
    private static Response post(SseServer server, String target, String body) throws Exception {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                + bytes.length + "\r\n\r\n";
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(bytes);
            String received = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String[] parts = received.split("\r\n\r\n", 2);
            return new Response(Integer.parseInt(parts[0].split(" ", 3)[1]), parts[1]);
        }
    }

    @Test
    void existingPipeline() throws Exception {
        Hub hub = Hub.create();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        Channel listener = ExistingPipeline.start(hub, loops, 0);
        int port = ((InetSocketAddress) listener.localAddress()).getPort();
        try (Client rest = new Client(port, "/anything-else");
                Client stream = new Client(port, "/events/news")) {
            rest.until("the rest of the application");
            stream.until("retry:");
            hub.publish("news", Event.of("hello"));
            stream.until("data: hello");
        } finally {
            await().until(() -> hub.ledger().isZero());
            hub.close();
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }
}
