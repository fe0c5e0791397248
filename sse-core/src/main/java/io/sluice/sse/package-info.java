/** The words that everybody meets who pushes events with Sluice, an {@link io.sluice.sse.Event} first of all. */
@NullMarked
package io.sluice.sse;

import org.jspecify.annotations.NullMarked;
