/**
 * The one place that knows the format of {@code text/event-stream} (WHATWG HTML, section 9.2): the encoder makes bytes
 * of events, the parser makes events of bytes.
 */
@NullMarked
package io.sluice.sse.wire;

import org.jspecify.annotations.NullMarked;
