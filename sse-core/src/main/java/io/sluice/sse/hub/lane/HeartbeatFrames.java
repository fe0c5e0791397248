package io.sluice.sse.hub.lane;

import io.sluice.sse.Event;
import io.sluice.sse.Heartbeat;
import io.sluice.sse.wire.EventEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The heartbeats of one slice of a tick: one frame for all clients that get the same heartbeat. Confined to the lane.
 *
 * <p>A client that knows an older position than the lane's gets the lane's position with the heartbeat. It then resumes
 * closer to the head.
 */
final class HeartbeatFrames {

    /** No blank line follows the comment: some clients would take it for the end of an empty message. */
    private static final byte[] COMMENT = ":\n".getBytes(StandardCharsets.US_ASCII);

    private final HubLane lane;
    private final LaneFrames frames;

    /** The event name in both frames; null for a comment. The streams of a route share one form, and forms are few. */
    private @Nullable String eventName;
    /** The interval in the data of that event. */
    private @Nullable Duration interval;

    private @Nullable Frame plain;
    private @Nullable Frame withPosition;

    HeartbeatFrames(HubLane lane) {
        this.lane = lane;
        this.frames = lane.frames;
    }

    Frame frameFor(LaneSink sink) {
        Heartbeat heartbeat = sink.options().heartbeat();
        if (!Objects.equals(heartbeat.eventName(), eventName) || !Objects.equals(heartbeat.interval(), interval)) {
            release();
            eventName = heartbeat.eventName();
            interval = heartbeat.interval();
        }
        // Some clients fail at a block without data, and a bare stream has none.
        boolean mayHaveId = !sink.options().isBare();
        if (mayHaveId && sink.selection() != null && !sink.isBehind() && sink.lastSentPosition() < lane.position) {
            if (withPosition == null) {
                withPosition = frames.block(encode(lane.sequencer().idOf(lane.position)), lane.position);
            }
            return withPosition;
        }
        if (plain == null) {
            plain = frames.block(encode(null), 0);
        }
        return plain;
    }

    private byte[] encode(@Nullable String id) {
        if (eventName != null) {
            Duration time = interval == null ? lane.options().heartbeat() : interval;
            Event.Builder event = Event.builder().name(eventName).data("{\"interval\":" + time.toMillis() + "}");
            return EventEncoder.encode((id == null ? event : event.id(id)).build());
        }
        return id == null ? COMMENT : (":\nid: " + id + "\n\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Releases the frames. */
    void release() {
        if (plain != null) {
            frames.release(plain);
            plain = null;
        }
        if (withPosition != null) {
            frames.release(withPosition);
            withPosition = null;
        }
    }
}
