/** The basic types for programs that push events with Sluice; start with {@link io.sluice.sse.Event}. */
@NullMarked
package io.sluice.sse;

import org.jspecify.annotations.NullMarked;
