package io.sluice.sse.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.log.Expirer;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many principals join and leave: at random, and on separate threads. */
class PresenceChurnTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** However late they are reported, joins and leaves alternate, and the last report is correct. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void underChurnJoinsAndLeavesAlternateAndTheLastIsCorrect(int lingerSeconds) {
        Random random = new Random(4);
        ObservedPresence observed = new ObservedPresence();
        Presence presence = Presence.of("**").withGracePeriod(Duration.ofSeconds(lingerSeconds));
        try (HubFixture bench =
                new HubFixture(options -> options.observer(observed).presence(presence), 2, HubFixture.QUIET)) {
            List<FakeSink> sinks = new ArrayList<>();
            Map<FakeSink, Set<String>> at = new HashMap<>();
            for (int step = 0; step < 5000; step++) {
                if (sinks.size() < 8 && random.nextBoolean()) {
                    Set<String> terms = new HashSet<>(List.of(
                            "t" + random.nextInt(3), "t" + random.nextInt(3) + (random.nextBoolean() ? "/**" : "")));
                    FakeSink sink = new FakeSink(bench.hubLanes.get(random.nextInt(2)), null);
                    sink.identity(Identity.of("p" + random.nextInt(4)));
                    bench.open(sink, StartPosition.live(), null, terms.toArray(new String[0]));
                    sinks.add(sink);
                    at.put(sink, terms);
                } else if (!sinks.isEmpty()) {
                    FakeSink gone = sinks.remove(random.nextInt(sinks.size()));
                    gone.close(CloseReason.CLIENT_LEFT);
                    at.remove(gone);
                }
                if (random.nextInt(3) == 0) {
                    bench.run();
                    bench.advanceHub(random.nextInt(4) == 0 ? SECOND : 0);
                }
            }
            bench.run();
            bench.advanceHub(10 * SECOND);
            Set<String> expected = new HashSet<>();
            at.forEach((sink, terms) ->
                    terms.forEach(term -> expected.add(sink.identity().principal() + "@" + term.replace("/**", ""))));
            assertThat(afterAlternating(observed.changes)).isEqualTo(expected);
            sinks.forEach(sink -> sink.close(CloseReason.CLIENT_LEFT));
            bench.run();
            bench.advanceHub(10 * SECOND);
            assertThat(afterAlternating(observed.changes)).isEmpty();
            assertThat(HubTestAccess.hasNoPresence(bench.hub)).isTrue();
        }
    }

    /** The present principals according to the reports. Fails if a principal has two joins or two leaves in a row. */
    private static Set<String> afterAlternating(List<String> changes) {
        Set<String> there = new HashSet<>();
        for (String change : changes) {
            boolean isChange =
                    change.charAt(0) == '+' ? there.add(change.substring(1)) : there.remove(change.substring(1));
            assertThat(isChange).as("%s after %s", change, there).isTrue();
        }
        return there;
    }

    /** Many threads, the JDK's timer, and an observer that is slow. */
    @Test
    void concurrentJoinsAndLeavesLeaveNothing() throws Exception {
        List<String> words = Collections.synchronizedList(new ArrayList<>());
        PresenceCounts counts = new PresenceCounts(
                Presence.of("**").withGracePeriod(Duration.ofNanos(50_000)),
                System::nanoTime,
                Expirer.TIMER,
                (joined, principal, topic) -> words.add((joined ? "+" : "-") + principal + "@" + topic));
        // All joins of the threads may be undone before they are reported, but this one is not.
        counts.join("a", "first");
        await().until(() -> words.contains("+first@a"));
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 20_000; i++) {
                    String principal = "p" + i % 3;
                    counts.join("a", principal);
                    counts.leave("a", principal);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        counts.leave("a", "first");
        await().until(counts::isEmpty);
        assertThat(afterAlternating(words)).isEmpty();
    }
}
