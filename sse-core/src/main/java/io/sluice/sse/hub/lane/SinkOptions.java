package io.sluice.sse.hub.lane;

import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the stream of a sink has instead of the options of its lane. The streams of a route share one object, so that
 * these options cost nothing per client. Immutable.
 */
public final class SinkOptions {

    /** Everything as the lane has it, and a comment as heartbeat. */
    public static final SinkOptions DEFAULT = new SinkOptions(null, null, true, false, null);

    private final @Nullable Heartbeat heartbeat;
    private final @Nullable Duration maxLifetime;
    private final boolean sendsRetry;
    private final boolean bare;
    private final @Nullable Event firstEvent;

    private SinkOptions(
            @Nullable Heartbeat heartbeat,
            @Nullable Duration maxLifetime,
            boolean sendsRetry,
            boolean bare,
            @Nullable Event firstEvent) {
        this.heartbeat = heartbeat;
        this.maxLifetime = maxLifetime;
        this.sendsRetry = sendsRetry;
        this.bare = bare;
        this.firstEvent = firstEvent;
    }

    /** The form and the times of the heartbeats. A bare stream has none unless they were set. */
    public Heartbeat heartbeat() {
        if (heartbeat != null) {
            return heartbeat;
        }
        return bare ? Heartbeat.none() : Heartbeat.comment();
    }

    /** A copy with other heartbeats. */
    public SinkOptions withHeartbeat(Heartbeat other) {
        return new SinkOptions(Objects.requireNonNull(other, "heartbeat"), maxLifetime, sendsRetry, bare, firstEvent);
    }

    /** The time after which the stream ends, instead of {@link LaneOptions#maxLifetime}; null if that decides. */
    public @Nullable Duration maxLifetime() {
        return maxLifetime;
    }

    /** A copy with its own lifetime: 0 for no end, or from 1 second to 365 days. */
    public SinkOptions withMaxLifetime(Duration time) {
        LaneOptions.checkMaxLifetime(time);
        return new SinkOptions(heartbeat, time, sendsRetry, bare, firstEvent);
    }

    /** Whether the server sends the client a reconnection time, in the first block and at the end. */
    public boolean sendsRetry() {
        return sendsRetry && !bare;
    }

    /** A copy without a reconnection time. */
    public SinkOptions withoutRetry() {
        return new SinkOptions(heartbeat, maxLifetime, false, bare, firstEvent);
    }

    /** Whether the stream consists of the application's events alone: the hub adds no block of its own. */
    public boolean isBare() {
        return bare;
    }

    /** The event at the beginning of a bare stream; null if it has none. */
    public @Nullable Event firstEvent() {
        return firstEvent;
    }

    /** A copy for a bare stream, which begins with this event, or with none. */
    public SinkOptions bare(@Nullable Event first) {
        return new SinkOptions(heartbeat, maxLifetime, sendsRetry, true, first);
    }
}
