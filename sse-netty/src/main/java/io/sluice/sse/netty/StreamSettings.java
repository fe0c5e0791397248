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
 * @param compression null if the server's option decides
 * @param access the rules for what the client may subscribe to; null if it may subscribe to everything
 */
record StreamSettings(
        SinkOptions options,
        SseStream.DrainMode drain,
        boolean cut,
        Identity identity,
        @Nullable AccessRules access,
        @Nullable Compression compression) {

    static final StreamSettings DEFAULT =
            new StreamSettings(SinkOptions.DEFAULT, SseStream.DrainMode.SPREAD, false, Identity.UNKNOWN, null, null);

    StreamSettings with(SinkOptions newOptions) {
        return new StreamSettings(newOptions, drain, cut, identity, access, compression);
    }

    StreamSettings with(SseStream.DrainMode newDrain) {
        return new StreamSettings(options, newDrain, cut, identity, access, compression);
    }

    StreamSettings withCut() {
        return new StreamSettings(options, drain, true, identity, access, compression);
    }

    StreamSettings with(Identity newIdentity) {
        return new StreamSettings(options, drain, cut, newIdentity, access, compression);
    }

    StreamSettings with(AccessRules newAccess) {
        return new StreamSettings(options, drain, cut, identity, newAccess, compression);
    }

    StreamSettings with(Compression newCompression) {
        return new StreamSettings(options, drain, cut, identity, access, newCompression);
    }
}
