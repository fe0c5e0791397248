package io.sluice.sse.netty;

import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import org.jspecify.annotations.Nullable;

/**
 * What a route defines for a stream in addition to its events. Each stream keeps a reference, so streams with default
 * settings share one object.
 *
 * @param compression null if the server's option decides
 */
record StreamSettings(
        Heartbeat heartbeat,
        DrainMode drain,
        Identity identity,
        @Nullable Compression compression) {

    static final StreamSettings DEFAULT =
            new StreamSettings(Heartbeat.comment(), DrainMode.SPREAD, Identity.UNKNOWN, null);

    StreamSettings with(Heartbeat newHeartbeat) {
        return new StreamSettings(newHeartbeat, drain, identity, compression);
    }

    StreamSettings with(DrainMode newDrain) {
        return new StreamSettings(heartbeat, newDrain, identity, compression);
    }

    StreamSettings with(Identity newIdentity) {
        return new StreamSettings(heartbeat, drain, newIdentity, compression);
    }

    StreamSettings with(Compression newCompression) {
        return new StreamSettings(heartbeat, drain, identity, newCompression);
    }
}
