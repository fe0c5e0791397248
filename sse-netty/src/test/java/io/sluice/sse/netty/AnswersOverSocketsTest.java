package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.SseTestClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Answers of a language model over sockets. Their clients leave at random tokens, and return on another connection,
 * while the tokens are published and afterwards. {@code AnswersTest} has many more answers, on lanes without sockets.
 */
@Timeout(180)
class AnswersOverSocketsTest {

    private static final int ANSWERS = 20;
    private static final int TOKENS = 3_000;
    private static final int MOST_TOKENS_OF_A_VISIT = 1_500;

    @Test
    void eachClientHasEachTokenOnceAndThenTheEndAndThen204() throws Exception {
        List<String> all = Stream.concat(IntStream.range(0, TOKENS).mapToObj(Integer::toString), Stream.of("usage"))
                .toList();
        ExecutorService clients = Executors.newFixedThreadPool(ANSWERS);
        try (Hub hub = Hub.builder().historyEvents(TOKENS + 1).build();
                SseServer server = TestServers.on(Transport.AUTO)
                        .hub(hub)
                        .retry(Duration.ZERO)
                        .start()) {
            List<Future<List<String>>> read = IntStream.range(0, ANSWERS)
                    .mapToObj(answer -> clients.submit(() -> readToTheEnd(server.port(), answer)))
                    .toList();
            for (int token = 0; token < TOKENS; token++) {
                Event event = Event.of(Integer.toString(token));
                for (int answer = 0; answer < ANSWERS; answer++) {
                    hub.publish("answers/" + answer, event);
                }
            }
            for (int answer = 0; answer < ANSWERS; answer++) {
                hub.end("answers/" + answer, Event.of("usage"));
            }
            for (Future<List<String>> tokens : read) {
                assertThat(tokens.get()).isEqualTo(all);
            }
            TestServers.awaitNothingOwned(hub);
        } finally {
            clients.shutdownNow();
        }
    }

    /** Visits an answer until its end, then once more. @return the tokens of all visits */
    private static List<String> readToTheEnd(int port, int answer) throws IOException {
        Random random = new Random(answer);
        List<String> tokens = new ArrayList<>();
        String path = "/events/answers/" + answer;
        String id = "";
        while (!id.startsWith(CloseReason.END_ID_PREFIX)) {
            int stays = 1 + random.nextInt(MOST_TOKENS_OF_A_VISIT);
            try (SseTestClient client = id.isEmpty()
                    ? SseTestClient.open(port, path + "?replay=" + (TOKENS + 1))
                    : SseTestClient.open(port, path, "Last-Event-ID: " + id)) {
                client.await(() -> client.response().events().size() >= stays || client.hasEnded(), "tokens");
                client.response().events().stream()
                        .filter(event -> !event.type().equals(CloseReason.END_EVENT_NAME))
                        .map(ReceivedEvent::data)
                        .forEach(tokens::add);
                id = client.response().lastEventId();
            }
        }
        try (SseTestClient client =
                SseTestClient.connect(port).get(path, "Last-Event-ID: " + id, "Connection: close")) {
            assertThat(client.awaitHead().response().status()).isEqualTo(204);
        }
        return tokens;
    }
}
