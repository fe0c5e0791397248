/**
 * A stream of events on the channel of its client: the lane of an event loop, the sink that writes frames, the upgrade
 * of an HTTP connection to a stream, and its end. The sinks extend {@link io.sluice.sse.hub.lane.LaneSink}, so the hub
 * delivers to them.
 *
 * <p>A sink, its handler and its upgrade are confined to the event loop of the channel, which is also the lane of the
 * sink; they assert it. {@code Lanes} is thread-safe, and {@code Drain} may be started by any thread. A sink passes a
 * retained duplicate of a frame to its channel and owns no buffer itself. Each client has one sink and one handler, so
 * every field of theirs costs memory for every client.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of this module.
 */
@NullMarked
package io.sluice.sse.netty.stream;

import org.jspecify.annotations.NullMarked;
