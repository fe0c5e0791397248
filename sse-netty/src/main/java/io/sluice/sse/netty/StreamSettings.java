package io.sluice.sse.netty;

import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;
import io.sluice.sse.topic.AccessRules;
import org.jspecify.annotations.Nullable;

/**
 * What a route defines for a stream in addition to its events. Each stream keeps a reference, so streams with default
 * settings share one object.
 *
 * @param access the rules for what the client may subscribe to; null if it may subscribe to everything
 */
record StreamSettings(
        Heartbeat heartbeat,
        DrainMode drain,
        Identity identity,
        @Nullable AccessRules access) {

    static final StreamSettings DEFAULT =
            new StreamSettings(Heartbeat.comment(), DrainMode.SPREAD, Identity.UNKNOWN, null);
}
