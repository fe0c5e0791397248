package io.sluice.sse.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Nodes with a small memory and a backplane that keeps the sequence. All are closed at the end of a test. */
abstract class KeptSequence {

    final MemoryBackplane memory = new MemoryBackplane();
    final List<AutoCloseable> toClose = new ArrayList<>();

    @BeforeEach
    void keep() {
        memory.readable = true;
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    Hub node(Consumer<HubBuilder> options) {
        HubBuilder builder = Hub.builder().backplane(memory.node()).historyEvents(3);
        options.accept(builder);
        Hub hub = builder.build();
        toClose.add(0, hub);
        return hub;
    }

    Hub node() {
        return node(options -> {});
    }

    RecordingSink client(Hub hub, StartPosition start, String... topics) {
        return client(hub, start, Selector.of(topics));
    }

    RecordingSink client(Hub hub, StartPosition start, Selector selector) {
        RecordingSink sink = RecordingSink.subscribe(hub, selector, start);
        toClose.add(0, sink);
        return sink;
    }

    static String publish(Hub hub, String topic, String data) throws Exception {
        return publish(hub, new Publication(topic, Event.of(data)));
    }

    static String publish(Hub hub, Publication publication) throws Exception {
        Published published = hub.publish(publication).toCompletableFuture().get(20, TimeUnit.SECONDS);
        return published.id();
    }

    /** @return the ids */
    static List<String> publishMany(Hub hub, String topic, int from, int to) throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = from; i < to; i++) {
            ids.add(publish(hub, topic, "e" + i));
        }
        return ids;
    }

    static List<String> data(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "e" + i).toList();
    }

    static void awaitData(RecordingSink sink, List<String> data) {
        sink.await(() -> sink.data().size() >= data.size());
        assertThat(sink.data()).isEqualTo(data);
        assertThat(sink.gaps()).isEmpty();
    }
}
