package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEndedException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A durable history keeps the ends of topics across restarts. */
class HistoryEndTest {

    private static final Consumer<HubBuilder> SMALL = options -> options.historyEvents(10);

    @TempDir
    Path directory;

    private static void assertHasEnded(HistoryFixture bench, String topic) {
        assertThatThrownBy(() -> bench.publish(topic, "x")).hasCauseInstanceOf(TopicEndedException.class);
    }

    private static void assertGetsAll(HistoryFixture bench, StartPosition start, List<String> expected) {
        FakeSink sink = bench.open(start, "a");
        bench.until(() -> sink.endReason() != null);
        assertThat(sink.data()).isEqualTo(expected);
        assertThat(sink.gaps()).isEmpty();
        assertThat(sink.endReason()).isEqualTo(CloseReason.TOPIC_ENDED);
        assertThat(sink.lastEventId()).startsWith(CloseReason.END_ID_PREFIX);
    }

    @Test
    void theEndOutlivesTheHub() {
        String first;
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            first = bench.publish("a", "0");
            bench.publishMany("a", 1, 50);
            bench.hub.publish(Publication.of(Event.of("50"), "a", "b").asLast());
            bench.publish("c", "more");
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            assertHasEnded(bench, "a");
            assertHasEnded(bench, "b");
            bench.publish("c", "more");
            assertGetsAll(bench, StartPosition.live(), HubFixture.numbers(0, 51));
            assertGetsAll(bench, StartPosition.after(first), HubFixture.numbers(1, 51));
            assertGetsAll(bench, StartPosition.replay(3), HubFixture.numbers(48, 51));
            assertThat(bench.hub.ledger().isZero()).isTrue();
        }
    }

    @Test
    void theEndIsAsDurableAsItsEvent() {
        Path copy = directory.resolve("copy");
        Path files = directory.resolve("files");
        try (HistoryFixture bench = new HistoryFixture(files, SyncPolicy.always(), SMALL)) {
            bench.hub
                    .end("a", Event.of("last"))
                    .toCompletableFuture()
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
            HistoryFixture.copy(files, copy);
        }
        try (HistoryFixture bench = new HistoryFixture(copy, SyncPolicy.always(), SMALL)) {
            assertHasEnded(bench, "a");
            assertGetsAll(bench, StartPosition.live(), List.of("last"));
        }
    }

    @Test
    void aRemovedTopicIsNewAndStaysNew() {
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            bench.hub.end("a", Event.of("last"));
            bench.hub.end("b", Event.of("last"));
            bench.hub
                    .remove("a")
                    .toCompletableFuture()
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
            bench.publish("a", "new");
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            FakeSink sink = bench.open(StartPosition.replay(9), "a");
            bench.untilReceived(sink, 1);
            bench.publish("a", "more");
            bench.untilReceived(sink, 2);
            assertThat(sink.data()).containsExactly("new", "more");
            assertThat(sink.endReason()).isNull();
            assertHasEnded(bench, "b");
        }
    }

    @Test
    void theEndIsKnownAlthoughItsEventWasEvicted() {
        MvStoreHistory history = MvStoreHistory.builder(directory)
                .sync(SyncPolicy.os())
                .totalBytes(3_000)
                .build();
        try (HistoryFixture bench = new HistoryFixture(history, SMALL)) {
            bench.hub.end("a", Event.of("last"));
            for (int i = 0; i < 5; i++) {
                bench.publish("flood", "x".repeat(1_000));
            }
            bench.untilStored();
            bench.until(() -> bench.hub.topics(null, 9).size() == 1);
            assertHasEnded(bench, "a");
            assertGetsAll(bench, StartPosition.live(), List.of());
        }
        try (HistoryFixture bench = new HistoryFixture(directory)) {
            assertHasEnded(bench, "a");
            assertGetsAll(bench, StartPosition.live(), List.of());
        }
    }
}
