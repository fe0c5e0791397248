/**
 * Ready-made sources: adapters that fill a {@link io.sluice.sse.Sink} from common inputs at the client's pace, and end
 * with the sink. They use only the public API of sinks and scopes, as any other source can.
 */
@NullMarked
package io.sluice.sse.source;

import org.jspecify.annotations.NullMarked;
