package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.HubStats;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Answers of a language model: each is a topic that ends. The model goes on while its client is away. The client comes
 * back at any time, on any lane, also after the end. {@code AnswersOverSocketsTest} has more answers, over sockets.
 */
class AnswersTest {

    private static final int ANSWERS = 40;
    private static final int TOKENS = 3_000;
    private static final int LANES = 3;

    /** The client of one answer, which leaves and returns. */
    private static final class Reader {
        private final HubFixture bench;
        private final String topic;
        private final Random random;
        private final List<String> tokens = new ArrayList<>();
        private final int staysUntil;
        private FakeSink sink;
        private String lastEventId = "";
        private int seen;
        private int visits;

        Reader(HubFixture bench, int number) {
            this.bench = bench;
            this.topic = "answers/" + number;
            this.random = new Random(number);
            this.staysUntil = random.nextInt(TOKENS + 1);
            this.sink = open();
        }

        private FakeSink open() {
            visits++;
            FakeSink opened = new FakeSink(bench.hubLanes.get(random.nextInt(LANES)), null);
            bench.open(
                    opened,
                    lastEventId.isEmpty() ? StartPosition.live() : StartPosition.after(lastEventId),
                    null,
                    topic);
            return opened;
        }

        /** Takes over what the stream has received so far. */
        void read() {
            List<String> data = sink.data();
            tokens.addAll(data.subList(seen, data.size()));
            seen = data.size();
            lastEventId = sink.lastEventId();
        }

        void leave() {
            read();
            sink.close(CloseReason.CLIENT_LEFT);
        }

        boolean isAway() {
            return sink.endReason() == CloseReason.CLIENT_LEFT;
        }

        void comeBack() {
            seen = 0;
            sink = open();
        }

        /** A bundled server responds with 204 to such an id. */
        boolean hasEndId() {
            return lastEventId.startsWith(CloseReason.END_ID_PREFIX);
        }
    }

    @Test
    void eachClientHasEachTokenOnceAndThenTheEnd() {
        List<String> all =
                IntStream.range(0, TOKENS).mapToObj(Integer::toString).collect(Collectors.toList());
        all.add("usage");
        try (HubFixture bench = new HubFixture(options -> options.historyEvents(TOKENS + 1), LANES, HubFixture.QUIET)) {
            HubStats before = bench.hub.stats();
            List<Reader> readers = IntStream.range(0, ANSWERS)
                    .mapToObj(i -> new Reader(bench, i))
                    .toList();
            for (int token = 0; token < TOKENS; token++) {
                publish(bench, token);
                if (token % 7 == 0) {
                    bench.run();
                }
                int now = token;
                readers.forEach(reader -> move(reader, now));
            }
            for (Reader reader : readers) {
                bench.hub.end(reader.topic, Event.of("usage"));
            }
            bench.run();
            readers.stream().filter(Reader::isAway).forEach(Reader::comeBack);
            bench.run();
            readers.forEach(Reader::read);
            assertThat(readers).allSatisfy(reader -> {
                assertThat(reader.tokens).isEqualTo(all);
                assertThat(reader.sink.endReason()).isEqualTo(CloseReason.TOPIC_ENDED);
                assertThat(reader.hasEndId()).isTrue();
            });
            assertThat(readers)
                    .as("some return after the end")
                    .anySatisfy(reader -> assertThat(reader.visits).isEqualTo(2));
            assertThat(bench.hub.ledger().isZero()).isTrue();
            bench.advanceHub(Duration.ofMinutes(20).toNanos());
            assertThat(bench.hub.stats())
                    .extracting(HubStats::topics, HubStats::events, HubStats::bytes)
                    .containsExactly(before.topics(), before.events(), before.bytes());
            assertThat(bench.hubTimers()).isZero();
        }
    }

    private static void publish(HubFixture bench, int token) {
        Event event = Event.of(Integer.toString(token));
        for (int i = 0; i < ANSWERS; i++) {
            bench.hub.publish("answers/" + i, event);
        }
    }

    private static void move(Reader reader, int token) {
        if (token == reader.staysUntil) {
            reader.leave();
        } else if (reader.isAway() && reader.random.nextInt(TOKENS) == 0) {
            reader.comeBack();
        }
    }
}
