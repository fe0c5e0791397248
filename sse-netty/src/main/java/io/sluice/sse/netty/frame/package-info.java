/**
 * The frames of a lane: a batch of events in one buffer, which the lane makes once and writes to all of its clients.
 * {@code BatchFramer} makes them, {@code GzipFrames} their compressed forms. A {@code GzipStream} holds what a single
 * compressing client has got so far; {@code SharedWindows} lets such clients share their work.
 *
 * <p>Everything here is confined to the event loop of its lane. {@code BatchFramer} alone retains and releases the
 * buffers of frames. A write gets a retained duplicate or slice, which the channel releases when the bytes are sent.
 * The framer releases its own reference last, and until then the ledger counts the frame.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of this module.
 */
@NullMarked
package io.sluice.sse.netty.frame;

import org.jspecify.annotations.NullMarked;
