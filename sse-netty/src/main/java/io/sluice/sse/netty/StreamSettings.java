package io.sluice.sse.netty;

import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.SinkOptions;
import io.sluice.sse.topic.AccessRules;
import org.jspecify.annotations.Nullable;

/**
 * What a route defines for a stream in addition to its events. Each stream keeps a reference, so streams with default
 * settings share one object.
 *
 * @param cut whether a stream that its client should resume ends without its last chunk
 * @param access the rules for what the client may subscribe to; null if it may subscribe to everything
 */
record StreamSettings(
        SinkOptions options,
        Drain.Mode drain,
        boolean cut,
        Identity identity,
        @Nullable AccessRules access) {

    static final StreamSettings DEFAULT =
            new StreamSettings(SinkOptions.DEFAULT, Drain.Mode.SPREAD, false, Identity.UNKNOWN, null);

    StreamSettings with(SinkOptions newOptions) {
        return new StreamSettings(newOptions, drain, cut, identity, access);
    }

    StreamSettings with(Drain.Mode newDrain) {
        return new StreamSettings(options, newDrain, cut, identity, access);
    }

    StreamSettings withCut() {
        return new StreamSettings(options, drain, true, identity, access);
    }

    StreamSettings with(Identity newIdentity) {
        return new StreamSettings(options, drain, cut, newIdentity, access);
    }

    StreamSettings with(AccessRules newAccess) {
        return new StreamSettings(options, drain, cut, identity, newAccess);
    }
}
