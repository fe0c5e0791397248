/**
 * From publish to "this client has bytes to read": the hub's sequence, its topics, and the lanes that deliver.
 *
 * <p>A <b>hub</b> is one ordered sequence of events; a <b>position</b> rises by one per event. A <b>topic</b> is a bounded
 * ring of those events that carry its name, and its <b>floor</b> is the position of the last one it let go. A
 * <b>subscription</b> is a position and a <b>selector</b> (names and patterns). A <b>lane</b> is a serial executor that
 * owns sinks; a <b>pass</b> writes a range once to all of them that have caught up.
 *
 * <p>The way of an event: {@code Hub.publish} → {@code LocalSequencer} (encode) → {@code HubLog.append} (position, rings,
 * marks, head) → {@code HubLane.wake} → {@code Pass} (copy, frame once, write) or {@code CatchUp} (for one that is behind)
 * → {@code LaneSink.write} and {@code flush} → the transport.
 */
@NullMarked
package io.sluice.sse.hub;

import org.jspecify.annotations.NullMarked;
