package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.MessageEvent;
import io.sluice.sse.Event;
import io.sluice.sse.examples.NodeProgram;
import io.sluice.sse.topic.Published;
import io.sluice.sse.wire.EventParser;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The parser of this library, {@code eventsource-parser} and {@code okhttp-eventsource} read the same random events,
 * plain and compressed. The property {@code sluice.random.events} is their number.
 */
class RandomEventsTest {

    private static final int EVENTS = Integer.getInteger("sluice.random.events", 2_000);
    /** As many events are published before each client reads them, so no client falls behind the history. */
    private static final int BATCH = 500;

    private static final List<String> CODINGS = List.of("identity", "gzip");

    private record Received(String name, String data, String id) {}

    private interface Client extends AutoCloseable {
        Received next() throws Exception;
    }

    @Test
    @Timeout(3600)
    void allClientsReadTheSameEvents() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("sluice.seed=" + seed);
        Random random = new Random(seed);
        List<Client> clients = new ArrayList<>();
        ExecutorService threads = Executors.newCachedThreadPool();
        try (TestServer server = TestServer.start("--compression")) {
            try {
                for (String coding : CODINGS) {
                    clients.add(new Ours(server.uri("/events/any"), coding));
                    clients.add(new OfNode(server.uri("/events/any"), coding));
                    clients.add(new OfOkHttp(server.uri("/events/any"), coding));
                }
                Awaitility.await()
                        .untilAsserted(() ->
                                assertThat(server.hub().subscribers("any")).isEqualTo(clients.size()));
                for (int published = 0; published < EVENTS; published += BATCH) {
                    List<Received> expected = publish(server, random, Math.min(BATCH, EVENTS - published));
                    List<Future<?>> checks = new ArrayList<>();
                    for (Client client : clients) {
                        checks.add(threads.submit(() -> check(client, expected, seed)));
                    }
                    for (Future<?> check : checks) {
                        check.get();
                    }
                }
            } finally {
                for (Client client : clients) {
                    client.close();
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static Void check(Client client, List<Received> expected, long seed) throws Exception {
        for (Received event : expected) {
            Received got = client.next();
            if (!got.equals(event)) {
                assertThat(got)
                        .as("%s, seed %d", client.getClass().getSimpleName(), seed)
                        .isEqualTo(event);
            }
        }
        return null;
    }

    private static List<Received> publish(TestServer server, Random random, int count) {
        List<Received> expected = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String data = RandomText.text(random, 12);
            String name = random.nextBoolean() ? "" : RandomText.name(random);
            Event.Builder event = Event.builder().data(data);
            Published published = server.hub()
                    .publish("any", (name.isEmpty() ? event : event.name(name)).build())
                    .toCompletableFuture()
                    .join();
            expected.add(
                    new Received(name.isEmpty() ? "message" : name, data.replaceAll("\\r\\n?", "\n"), published.id()));
        }
        return expected;
    }

    private static final class Ours implements Client {

        private final InputStream body;
        private final Queue<Received> events = new ArrayDeque<>();
        private final EventParser parser =
                new EventParser((name, data, id) -> events.add(new Received(name, data, id)));
        private final byte[] buffer = new byte[8192];

        Ours(URI uri, String coding) throws IOException, InterruptedException {
            HttpRequest request = HttpRequest.newBuilder(uri)
                    .header("Accept-Encoding", coding)
                    .build();
            HttpResponse<InputStream> response =
                    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofInputStream());
            boolean isPlain = coding.equals("identity");
            assertThat(response.headers().firstValue("content-encoding").orElse("identity"))
                    .isEqualTo(coding);
            body = isPlain ? response.body() : new GZIPInputStream(response.body());
        }

        @Override
        public Received next() throws IOException {
            while (events.isEmpty()) {
                int read = body.read(buffer);
                if (read < 0) {
                    throw new EOFException();
                }
                parser.feed(buffer, 0, read);
            }
            return events.remove();
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    private static final class OfNode implements Client {

        private final NodeProgram program;

        OfNode(URI uri, String coding) throws Exception {
            program = NodeProgram.start("parser.mjs", uri.toString(), coding);
        }

        @Override
        public Received next() throws IOException {
            JsonNode event = Json.read(program.nextLine());
            return new Received(
                    event.get(0).textValue(),
                    event.get(1).textValue(),
                    event.get(2).textValue());
        }

        @Override
        public void close() throws Exception {
            program.close();
        }
    }

    private static final class OfOkHttp implements Client {

        private final EventSource source;

        OfOkHttp(URI uri, String coding) throws Exception {
            source = new EventSource.Builder(ConnectStrategy.http(uri)
                            .clientBuilderActions(http -> http.addNetworkInterceptor(
                                    chain -> ForeignClientRoundTripTest.seen(chain, coding))))
                    .build();
            source.start();
        }

        @Override
        public Received next() throws Exception {
            MessageEvent event = source.readMessage();
            return new Received(event.getEventName(), event.getData(), event.getLastEventId());
        }

        @Override
        public void close() {
            source.close();
        }
    }
}
