package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubClock;
import io.sluice.sse.hub.HubStats;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.SseTestClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Answers of a language model over sockets. Their clients leave at random tokens, and return on another connection,
 * while the tokens are published and afterwards.
 */
@Timeout(180)
class AnswersOverSocketsTest {

    private static final int ANSWERS = 200;
    private static final int TOKENS = 3_000;
    private static final int MOST_TOKENS_OF_A_VISIT = 1_500;
    /** The publisher waits after so many tokens until the clients have read them. */
    private static final int BLOCK = 500;
    /** Every so many answers, one client that has left returns only after the end. */
    private static final int RETURNS_LATE = 5;

    private static final Duration AGE = Duration.ofMinutes(5);

    private final AtomicLong ahead = new AtomicLong();
    /** What the client of each answer has read so far; all of it while the client stays away until the end. */
    private final AtomicIntegerArray read = new AtomicIntegerArray(ANSWERS);

    private final AtomicInteger returnsDuring = new AtomicInteger();
    private final AtomicInteger returnsAfter = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);

    @Test
    void eachClientHasEachTokenOnceAndThenTheEndAndThen204() throws Exception {
        List<String> all = Stream.concat(IntStream.range(0, TOKENS).mapToObj(Integer::toString), Stream.of("usage"))
                .toList();
        ExecutorService clients = Executors.newFixedThreadPool(ANSWERS);
        HubBuilder options = Hub.builder().historyEvents(TOKENS + 1).historyAge(AGE);
        try (Hub hub = HubClock.set(options, () -> System.nanoTime() + ahead.get())
                        .build();
                SseServer server = TestServers.on(Transport.AUTO)
                        .hub(hub)
                        .retry(Duration.ZERO)
                        .start()) {
            List<Future<List<String>>> tokens = IntStream.range(0, ANSWERS)
                    .mapToObj(answer -> clients.submit(() -> readToTheEnd(server.port(), answer)))
                    .toList();
            publish(hub);
            for (Future<List<String>> each : tokens) {
                assertThat(each.get()).isEqualTo(all);
            }
            assertThat(returnsDuring).hasValueGreaterThan(ANSWERS);
            assertThat(returnsAfter).hasValueGreaterThanOrEqualTo(ANSWERS / RETURNS_LATE);
            TestServers.awaitNothingOwned(hub);
            assertThat(hub.stats().topics()).isEqualTo(ANSWERS);
            ahead.addAndGet(AGE.plusSeconds(1).toNanos());
            await().untilAsserted(() -> assertThat(hub.stats())
                    .extracting(HubStats::topics, HubStats::events, HubStats::bytes)
                    .containsExactly(0L, 0L, 0L));
        } finally {
            clients.shutdownNow();
        }
    }

    private void publish(Hub hub) {
        for (int token = 0; token < TOKENS; token++) {
            if (token % BLOCK == 0) {
                int published = token;
                await().until(() -> IntStream.range(0, ANSWERS).allMatch(answer -> read.get(answer) >= published));
            }
            Event event = Event.of(Integer.toString(token));
            for (int answer = 0; answer < ANSWERS; answer++) {
                hub.publish("answers/" + answer, event);
            }
        }
        for (int answer = 0; answer < ANSWERS; answer++) {
            hub.end("answers/" + answer, Event.of("usage"));
        }
        ended.countDown();
    }

    /** Visits an answer until its end, then once more. @return the tokens of all visits */
    private List<String> readToTheEnd(int port, int answer) throws Exception {
        Random random = new Random(answer);
        List<String> tokens = new ArrayList<>();
        String path = "/events/answers/" + answer;
        String id = "";
        while (!id.startsWith(CloseReason.END_ID_PREFIX)) {
            int stays = 1 + random.nextInt(MOST_TOKENS_OF_A_VISIT);
            int before = tokens.size();
            try (SseTestClient client = id.isEmpty()
                    ? SseTestClient.open(port, path + "?replay=" + (TOKENS + 1))
                    : SseTestClient.open(port, path, "Last-Event-ID: " + id)) {
                client.await(
                        () -> {
                            int received = client.response().events().size();
                            read.set(answer, before + received);
                            return received >= stays || client.hasEnded();
                        },
                        "tokens");
                client.response().events().stream()
                        .filter(event -> !event.type().equals(CloseReason.END_EVENT_NAME))
                        .map(ReceivedEvent::data)
                        .forEach(tokens::add);
                id = client.response().lastEventId();
            }
            stayAway(answer, tokens.size());
        }
        try (SseTestClient client =
                SseTestClient.connect(port).get(path, "Last-Event-ID: " + id, "Connection: close")) {
            assertThat(client.awaitHead().response().status()).isEqualTo(204);
        }
        return tokens;
    }

    private void stayAway(int answer, int tokens) throws InterruptedException {
        if (answer % RETURNS_LATE == 0 && tokens < TOKENS) {
            read.set(answer, TOKENS);
            ended.await();
        }
        boolean isAfter = ended.getCount() == 0;
        (isAfter ? returnsAfter : returnsDuring).incrementAndGet();
    }
}
