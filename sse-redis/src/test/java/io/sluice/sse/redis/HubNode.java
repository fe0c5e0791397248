package io.sluice.sse.redis;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A node in the process of the test. */
final class HubNode implements CycleNode {

    static final String[] TOPICS = {"t", "ends/*"};

    private final Hub hub;

    HubNode(Hub hub) {
        this.hub = hub;
    }

    @Override
    public CompletionStage<List<Published>> publish(List<Publication> batch) {
        return hub.publishAll(batch);
    }

    @Override
    public Stream subscribe(@Nullable String last) {
        StartPosition start = last == null ? StartPosition.live() : StartPosition.after(last);
        return new SinkStream(RecordingSink.subscribe(hub, Selector.of(TOPICS), start));
    }

    @Override
    public boolean isAvailable() {
        return Nodes.isAvailable(hub);
    }

    @Override
    public void close() {
        hub.close();
    }

    private record SinkStream(RecordingSink sink) implements Stream {

        @Override
        public void run() {
            sink.run();
        }

        @Override
        public List<ReceivedEvent> events() {
            return sink.events();
        }

        @Override
        public String lastEventId() {
            return sink.lastEventId();
        }

        @Override
        public boolean hasEnded() {
            return sink.endReason() != null;
        }

        @Override
        public void close() {
            sink.close();
        }
    }
}
