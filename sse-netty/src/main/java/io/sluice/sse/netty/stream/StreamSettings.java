package io.sluice.sse.netty.stream;

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
public record StreamSettings(
        SinkOptions options,
        Drain.Mode drain,
        boolean cut,
        Identity identity,
        @Nullable AccessRules access) {

    public static final StreamSettings DEFAULT =
            new StreamSettings(SinkOptions.DEFAULT, Drain.Mode.SPREAD, false, Identity.UNKNOWN, null);

    public StreamSettings with(SinkOptions newOptions) {
        return new StreamSettings(newOptions, drain, cut, identity, access);
    }

    public StreamSettings with(Drain.Mode newDrain) {
        return new StreamSettings(options, newDrain, cut, identity, access);
    }

    public StreamSettings withCut() {
        return new StreamSettings(options, drain, true, identity, access);
    }

    public StreamSettings with(Identity newIdentity) {
        return new StreamSettings(options, drain, cut, newIdentity, access);
    }

    public StreamSettings with(AccessRules newAccess) {
        return new StreamSettings(options, drain, cut, identity, newAccess);
    }
}
