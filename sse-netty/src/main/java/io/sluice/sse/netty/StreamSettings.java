package io.sluice.sse.netty;

import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import io.sluice.sse.topic.AccessRules;
import org.jspecify.annotations.Nullable;

/**
 * What a route defines for a stream in addition to its events. Each stream keeps a reference, so streams with default
 * settings share one object.
 *
 * @param compression null if the server's option decides
 * @param access the rules for what the client may subscribe to; null if it may subscribe to everything
 */
record StreamSettings(
        Heartbeat heartbeat,
        DrainMode drain,
        Identity identity,
        @Nullable AccessRules access,
        @Nullable Compression compression) {

    static final StreamSettings DEFAULT =
            new StreamSettings(Heartbeat.comment(), DrainMode.SPREAD, Identity.UNKNOWN, null, null);

    StreamSettings with(Heartbeat newHeartbeat) {
        return new StreamSettings(newHeartbeat, drain, identity, access, compression);
    }

    StreamSettings with(DrainMode newDrain) {
        return new StreamSettings(heartbeat, newDrain, identity, access, compression);
    }

    StreamSettings with(Identity newIdentity) {
        return new StreamSettings(heartbeat, drain, newIdentity, access, compression);
    }

    StreamSettings with(AccessRules newAccess) {
        return new StreamSettings(heartbeat, drain, identity, newAccess, compression);
    }

    StreamSettings with(Compression newCompression) {
        return new StreamSettings(heartbeat, drain, identity, access, newCompression);
    }
}
