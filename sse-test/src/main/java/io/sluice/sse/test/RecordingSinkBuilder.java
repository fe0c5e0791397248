package io.sluice.sse.test;

import io.sluice.sse.Identity;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.function.Consumer;

/** Options of a {@link RecordingSink} and of the hub that is created for it. Not thread-safe. */
public final class RecordingSinkBuilder {

    private final HubBuilder hub = Hub.builder().coalesce(Duration.ZERO);
    private LaneOptions lane = RecordingSink.QUIET;
    private Identity identity = Identity.UNKNOWN;
    private boolean stalled;
    private long acceptedBytes;
    private boolean onThreads;

    RecordingSinkBuilder() {}

    /** The identity of the client; {@link Identity#UNKNOWN} by default. */
    public RecordingSinkBuilder identity(Identity newIdentity) {
        identity = newIdentity;
        return this;
    }

    /** Changes the options of the hub, for example how many direct sends may wait. */
    public RecordingSinkBuilder hub(Consumer<HubBuilder> options) {
        options.accept(hub);
        return this;
    }

    /** The options of the lane; {@link RecordingSink#QUIET} by default, so without heartbeats and timeouts. */
    public RecordingSinkBuilder lane(LaneOptions options) {
        lane = options;
        return this;
    }

    /**
     * The client does not read until the test calls {@link RecordingSink#read()}. By default it reads everything at
     * once, and a source that sends as long as the sink is writable never stops.
     *
     * @param bytes how many bytes the connection accepts, as for {@link RecordingSink#stall(long)}
     */
    public RecordingSinkBuilder stalled(long bytes) {
        stalled = true;
        acceptedBytes = bytes;
        return this;
    }

    /**
     * Runs user code on threads, as a hub does in production, for sources that block. The lane and its clock are still
     * driven by the test, which waits with {@link RecordingSink#await}.
     */
    public RecordingSinkBuilder onThreads() {
        onThreads = true;
        return this;
    }

    /** Creates the client and starts {@code source} for it. */
    public RecordingSink start(Source source) {
        ManualHub manualHub = ManualHub.create(hub, lane, onThreads);
        RecordingSink sink = new RecordingSink(manualHub.hubLane, null).identity(identity);
        if (stalled) {
            sink.stall(acceptedBytes);
        }
        return sink.open(manualHub, null, StartPosition.live(), source);
    }
}
