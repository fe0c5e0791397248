/** Meters of a hub for Micrometer, which must be on the class path. */
@NullMarked
package io.sluice.sse.metrics;

import org.jspecify.annotations.NullMarked;
