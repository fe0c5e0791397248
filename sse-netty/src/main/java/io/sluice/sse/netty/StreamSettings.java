package io.sluice.sse.netty;

import io.sluice.sse.Heartbeat;
import io.sluice.sse.Identity;

/**
 * What a route wants of its streams beside their events, and whose they are. One object for all streams that want nothing special, since each
 * holds it for its life.
 */
record StreamSettings(Heartbeat heartbeat, DrainMode drain, Identity identity) {

    static final StreamSettings DEFAULT = new StreamSettings(Heartbeat.comment(), DrainMode.SPREAD, Identity.UNKNOWN);
}
