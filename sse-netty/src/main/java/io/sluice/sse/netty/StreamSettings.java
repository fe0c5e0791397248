package io.sluice.sse.netty;

import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;

/**
 * What a route defines for a stream in addition to its events. Each stream keeps a reference, so streams with default
 * settings share one object.
 */
record StreamSettings(Heartbeat heartbeat, DrainMode drain, Identity identity) {

    static final StreamSettings DEFAULT = new StreamSettings(Heartbeat.comment(), DrainMode.SPREAD, Identity.UNKNOWN);
}
