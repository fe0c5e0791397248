package io.sluice.sse.source;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.test.MemoryFramer;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.test.ThreadLane;
import io.sluice.sse.topic.StartPosition;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A hub with one lane on a real thread, for clients of sources. */
final class FakeStream implements AutoCloseable {

    final Hub hub;
    private final ThreadLane thread = new ThreadLane();
    private final HubLane lane;

    FakeStream(HubBuilder options) {
        hub = options.build();
        lane = TransportAccess.of(hub).join(thread, new MemoryFramer(thread, hub.ledger()), LaneOptions.DEFAULT);
    }

    Client open(Source source) {
        CompletableFuture<Client> opened = new CompletableFuture<>();
        thread.execute(() -> {
            Client client = new Client(lane);
            client.open(null, StartPosition.live(), source);
            opened.complete(client);
        });
        return opened.join();
    }

    @Override
    public void close() {
        hub.close();
        thread.close();
    }

    /** A client whose connection accepts few bytes. */
    static final class Client extends RecordingSink {
        static final int HIGH_WATER = 1000;

        final CompletableFuture<CloseReason> ended = new CompletableFuture<>();

        Client(HubLane lane) {
            super(lane, null);
            stall(HIGH_WATER).read();
        }

        /** Stops or resumes reading. */
        void read(boolean reading) {
            if (reading) {
                read();
            } else {
                stall(HIGH_WATER);
            }
        }

        /** The data of each event without a name, and the names of the others. */
        List<String> texts() {
            return events().stream()
                    .map(event -> event.type().equals("message") ? event.data() : event.type())
                    .toList();
        }

        @Override
        protected void end(CloseReason reason, boolean orderly) {
            super.end(reason, orderly);
            ended.complete(reason);
        }
    }
}
