package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which topic has the oldest event that has expired, and when the group looks for it. */
class AgeGroupTest {

    private static final long AGE = 100;

    /** Its topics serve as rings. It publishes nothing by itself. */
    private final Hub hub = Hub.create();

    private final TopicOptions.AgeGroup group = new TopicOptions.AgeGroup(Duration.ofNanos(AGE));
    private long position;

    @AfterEach
    void close() {
        hub.close();
    }

    private Topic topic(String name) {
        HubLog log = HubTestAccess.log(hub);
        return log.locked(() -> log.topics().getOrCreate(name));
    }

    private LogEntry append(Topic topic, long nanos) {
        LogEntry entry = new LogEntry(++position, nanos, topic.name, new byte[1]);
        topic.log.append(entry);
        group.onAppended(topic, entry);
        return entry;
    }

    private static void evictOldest(Topic topic) {
        topic.log.evictOldest(topic.log.oldest().position);
    }

    @Test
    void theTopicOfTheOldestEventExpiresFirst() {
        Topic a = topic("a");
        Topic b = topic("b");
        append(b, 1000);
        append(a, 1010);
        append(b, 1020);
        assertThat(group.firstExpired(1000 + AGE)).isNull();
        assertThat(group.firstExpired(1001 + AGE)).isSameAs(b);
        evictOldest(b);
        assertThat(group.firstExpired(1010 + AGE)).isNull();
        assertThat(group.firstExpired(1011 + AGE)).isSameAs(a);
        evictOldest(a);
        assertThat(group.firstExpired(1020 + AGE)).isNull();
        assertThat(group.firstExpired(1021 + AGE)).isSameAs(b);
        evictOldest(b);
        assertThat(group.firstExpired(1_000_000)).isNull();
    }

    /** The publisher reads the clock before the lock, and a history brings back old events. */
    @Test
    void anEventFromBeforeTheLatestLookExpiresInTime() {
        assertThat(group.firstExpired(5000)).as("nothing is there").isNull();
        Topic a = topic("a");
        append(a, 4950);
        assertThat(group.firstExpired(4950 + AGE)).isNull();
        assertThat(group.firstExpired(4951 + AGE)).isSameAs(a);
    }

    @Test
    void aLookCostsNothingBeforeAnEventCanHaveExpired() {
        Topic a = topic("a");
        append(a, 1000);
        append(a, 1090);
        long outdated = a.rank;
        assertThat(group.firstExpired(1050)).isNull();
        evictOldest(a); // by another bound, as if each publication evicted an event
        assertThat(group.firstExpired(1000 + AGE)).isNull();
        assertThat(a.rank).as("the queue was not asked").isEqualTo(outdated);
        assertThat(group.firstExpired(1001 + AGE))
                .as("the other one is younger")
                .isNull();
        assertThat(a.rank).as("the queue was asked").isNotEqualTo(outdated);
        assertThat(group.firstExpired(1091 + AGE)).isSameAs(a);
    }

    /** The clock of the JVM may start anywhere, and overflow. */
    @ParameterizedTest
    @ValueSource(longs = {0, -500, 1_000_000_000_000L, -1_000_000_000_000L, Long.MAX_VALUE - 500, Long.MIN_VALUE})
    void itFindsWhatASearchOfAllEventsFinds(long start) {
        Random random = new Random(7);
        List<Topic> topics = new ArrayList<>(List.of(topic("a"), topic("b"), topic("c")));
        long now = start;
        int found = 0;
        for (int step = 0; step < 5000; step++) {
            Topic any = topics.get(random.nextInt(topics.size()));
            switch (random.nextInt(4)) {
                case 0 -> append(any, now);
                case 1 -> now += random.nextInt(60);
                case 2 -> {
                    if (any.log.size() > 0) {
                        evictOldest(any);
                    }
                }
                default -> {
                    Topic expired = group.firstExpired(now);
                    assertThat(expired).as("step %d", step).isSameAs(searched(topics, now));
                    if (expired != null) {
                        found++;
                        evictOldest(expired);
                    }
                }
            }
        }
        assertThat(found).isGreaterThan(100);
    }

    private static Topic searched(List<Topic> topics, long now) {
        Topic oldest = null;
        for (Topic topic : topics) {
            if (topic.log.size() > 0
                    && (oldest == null || topic.log.oldest().position < oldest.log.oldest().position)) {
                oldest = topic;
            }
        }
        return oldest != null && now - oldest.log.oldest().nanos > AGE ? oldest : null;
    }
}
