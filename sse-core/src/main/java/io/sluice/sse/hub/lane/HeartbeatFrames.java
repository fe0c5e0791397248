package io.sluice.sse.hub.lane;

import io.sluice.sse.Event;
import io.sluice.sse.wire.EventEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The heartbeats of one slice of a tick: one frame for all who get the same. Confined to its lane.
 *
 * <p>A client that knows only an older position than the lane's is told the lane's with it: it then resumes closer.
 */
final class HeartbeatFrames {

    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

    private final HubLane lane;

    /** The form of the frames; streams of one route have one, and there are few others. */
    private @Nullable String eventName;

    private @Nullable Frame plain;
    private @Nullable Frame withPosition;

    HeartbeatFrames(HubLane lane) {
        this.lane = lane;
    }

    Frame frameFor(LaneSink sink) {
        String name = sink.heartbeat().eventName();
        if (name == null ? eventName != null : !name.equals(eventName)) {
            done();
            eventName = name;
        }
        if (sink.selection() != null && !sink.isBehind() && sink.lastSentPosition() < lane.position) {
            if (withPosition == null) {
                withPosition = lane.frames.own(block(lane.sequencer().idOf(lane.position)), lane.position);
            }
            return withPosition;
        }
        if (plain == null) {
            plain = lane.frames.own(block(null), 0);
        }
        return plain;
    }

    private byte[] block(@Nullable String id) {
        if (eventName != null) {
            Event.Builder event = Event.builder()
                    .name(eventName)
                    .data("{\"interval\":" + lane.options().heartbeat().toMillis() + "}");
            return EventEncoder.encode((id == null ? event : event.id(id)).build());
        }
        return id == null ? COMMENT : (":\nid: " + id + "\n\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Lets the frames go. */
    void done() {
        if (plain != null) {
            lane.framer().done(plain);
            plain = null;
        }
        if (withPosition != null) {
            lane.framer().done(withPosition);
            withPosition = null;
        }
    }
}
