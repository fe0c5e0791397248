package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.redis.RedisServer;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.SseTestClient;
import io.sluice.sse.topic.Published;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of a node under load: its clients go on at the other node, without a hole and without a gap. */
class KilledNodeTest {

    private static final int CLIENTS = 8;
    private static final int BEFORE_THE_KILL = 100;
    private static final int AFTER_THE_KILL = 300;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<CompletionStage<Published>> publishedAtB = new ArrayList<>();
    private final Map<String, CompletableFuture<HttpResponse<String>>> publishedAtA = new HashMap<>();
    private int published;

    /** A client, with the events of all its connections. */
    private static final class Client {
        final List<String> data = new ArrayList<>();
        SseTestClient connection;

        Client(int port) throws IOException {
            connection = SseTestClient.open(port, "/events/t").awaitStream();
        }

        /** It reads to the end of its connection and goes on at another node. */
        void moveTo(int port) throws IOException {
            assertThat(connection.awaitEnd(SseTestClient.TIMEOUT)).isTrue();
            String last = leave();
            connection = SseTestClient.open(port, "/events/t", "Last-Event-ID: " + last);
        }

        String leave() throws IOException {
            for (ReceivedEvent event : connection.response().events()) {
                assertThat(event.type()).as("%s after %s", event, data).isEqualTo("message");
                data.add(event.data());
            }
            connection.close();
            return connection.response().lastEventId();
        }
    }

    @Test
    void everyClientHasTheWholeSequence(@TempDir Path directory) throws Exception {
        try (RedisServer redis = RedisServer.redis();
                TestServer b = TestServer.start("--redis", redis.uri(), "--node", "b");
                ServerProcess a = new ServerProcess(directory, "--port", "0", "--redis", redis.uri(), "--node", "a")) {
            int portOfA = a.port();
            awaitReady(b.port());
            awaitReady(portOfA);
            Client witness = new Client(b.port());
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new Client(portOfA));
            }
            load(b, portOfA, BEFORE_THE_KILL);
            clients.get(0).connection.awaitEvents(BEFORE_THE_KILL / 2);
            a.close();
            load(b, portOfA, AFTER_THE_KILL);
            for (Client client : clients) {
                client.moveTo(b.port());
            }
            CompletableFuture.allOf(publishedAtB.stream()
                            .map(CompletionStage::toCompletableFuture)
                            .toArray(CompletableFuture[]::new))
                    .get(30, TimeUnit.SECONDS);
            b.publish("t", "end");
            check(witness, clients);
        }
    }

    /** On a slow machine a server may listen before it has reached Redis. */
    private void awaitReady(int port) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready"))
                .build();
        Awaitility.await("ready")
                .atMost(SseTestClient.TIMEOUT)
                .until(() -> http.send(request, HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 200);
    }

    /** Publishes through both nodes. What a node has in hand when it is killed may be published or not. */
    private void load(TestServer b, int portOfA, int events) {
        for (int i = 0; i < events; i++) {
            String data = "e" + published++;
            if (i % 4 == 0) {
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + portOfA + "/publish/t"))
                        .POST(HttpRequest.BodyPublishers.ofString(data))
                        .build();
                publishedAtA.put(data, http.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
            } else {
                publishedAtB.add(b.hub().publish("t", Event.of(data)));
            }
        }
    }

    private void check(Client witness, List<Client> clients) throws IOException {
        witness.connection.await(() -> witness.connection.response().data().contains("end"), "the end");
        witness.leave();
        assertThat(witness.data).doesNotHaveDuplicates().hasSizeGreaterThan(publishedAtB.size());
        for (Client client : clients) {
            client.connection.await(() -> client.connection.response().data().contains("end"), "the end");
            client.leave();
            assertThat(client.data).isEqualTo(witness.data);
        }
        publishedAtA.forEach((data, response) -> {
            if (response.isDone()
                    && !response.isCompletedExceptionally()
                    && response.join().statusCode() == 200) {
                assertThat(witness.data)
                        .as("acknowledged by the node that was killed")
                        .contains(data);
            }
        });
    }
}
