/**
 * The entry point: {@link io.sluice.sse.hub.Hub}, its options and figures, and presence.
 *
 * <p>A <b>hub</b> is one ordered sequence of events, and each event has the next <b>position</b>. A <b>topic</b> is a
 * bounded ring of the events that carry its name. Its <b>floor</b> is the position of the last event that it evicted. A
 * <b>subscription</b> is a <b>selector</b> (names and patterns) and a position. A <b>lane</b> is a serial executor that
 * owns sinks. A <b>pass</b> writes a range once to all sinks of a lane that have caught up.
 *
 * <p>The path of an event: {@code Hub.publish} → {@code LocalSequencer} (encodes it) → {@code HubLog.append} (position,
 * rings, marks, head) → {@code HubLane.wake} → {@code Pass} (copies, frames once, writes), or {@code CatchUp} for a
 * sink that is behind → {@code LaneSink.write} and {@code flush} → the transport.
 *
 * <p>A transport reaches the lanes of a hub through {@link io.sluice.sse.hub.TransportAccess}. The package {@code
 * io.sluice.sse.hub.lane} describes how to write one.
 */
@NullMarked
package io.sluice.sse.hub;

import org.jspecify.annotations.NullMarked;
