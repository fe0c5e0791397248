/**
 * The only package that knows the format {@code text/event-stream} (WHATWG HTML, section 9.2): the encoder turns events
 * into bytes, and the parser turns bytes into events.
 */
@NullMarked
package io.sluice.sse.wire;

import org.jspecify.annotations.NullMarked;
