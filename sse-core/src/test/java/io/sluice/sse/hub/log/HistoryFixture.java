package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.history.History;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.FakeFramer;
import io.sluice.sse.hub.lane.FakeSink;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.test.ManualLane;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A hub with a history and one manually driven lane; the writer and the reader are real threads. Closing it asserts
 * that nothing is left of any client.
 */
final class HistoryFixture implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("patience", 60));

    private final History history;
    final Hub hub;
    final ManualLane lane = new ManualLane();
    final FakeFramer framer;
    final HubLane hubLane;

    HistoryFixture(Path directory) {
        this(directory, SyncPolicy.os(), options -> options.historyEvents(10));
    }

    HistoryFixture(Path directory, SyncPolicy sync, Consumer<HubBuilder> options) {
        this(MvStoreHistory.builder(directory).sync(sync).build(), options);
    }

    HistoryFixture(History history, Consumer<HubBuilder> options) {
        this.history = history;
        HubBuilder builder = Hub.builder().history(history);
        options.accept(builder);
        hub = builder.build();
        framer = new FakeFramer(lane, hub.ledger());
        hubLane = TransportAccess.of(hub).join(lane, framer, HubFixture.QUIET);
    }

    void onLane(Runnable work) {
        lane.run(work);
    }

    FakeSink open(StartPosition start, String... terms) {
        return open(start, Selector.of(terms));
    }

    FakeSink open(StartPosition start, Selector selector) {
        FakeSink sink = new FakeSink(hubLane, null);
        lane.run(() -> sink.open(selector, start, null));
        lane.runAll();
        return sink;
    }

    String publish(String topic, String data) {
        return publish(topic, Event.of(data));
    }

    String publish(String topic, Event event) {
        return hub.publish(topic, event).toCompletableFuture().join().id();
    }

    void publishMany(String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            publish(topic, Integer.toString(i));
        }
    }

    /** Runs the lane until the condition holds. */
    void until(Callable<Boolean> condition) {
        await().pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(() -> {
                    lane.runAll();
                    return condition.call();
                });
    }

    void untilReceived(FakeSink sink, int events) {
        until(() -> sink.data().size() >= events);
    }

    /** Waits until every published event is in the store. */
    void untilStored() {
        until(() -> writer().stored() >= HubTestAccess.log(hub).head());
    }

    /** Waits until every published event is handed to the operating system. */
    void untilCommitted() {
        until(() -> writer().queuedBytes() == 0);
    }

    HistoryWriter writer() {
        HubHistory history = HubTestAccess.log(hub).history();
        if (history == null) {
            throw new AssertionError("no history");
        }
        return history.writer();
    }

    /** Copies the files as they are now: the state after a crash of the machine at this moment. */
    static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.list(from)) {
            Files.createDirectories(to);
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void assertRingsValid() {
        LogAssertions.assertValid(hub);
    }

    @Override
    public void close() {
        if (history instanceof GatedHistory gated) {
            gated.openGates();
        }
        hub.close();
        hubLane.forEachSink(sink -> sink.close(CloseReason.SERVER_DRAINING));
        lane.runAll();
        assertThat(hub.ledger().isZero()).as("%s", hub.ledger()).isTrue();
        assertThat(lane.timers()).as("timers left").isZero();
        assertRingsValid();
        framer.assertAllReleased();
    }
}
