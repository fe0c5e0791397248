/**
 * Ready sources: adapters that fill a {@link io.sluice.sse.Sink} from what a program has, at the pace of the client, and
 * end with it. They use nothing but the public interface of sinks and scopes, as any other source can.
 */
@NullMarked
package io.sluice.sse.source;

import org.jspecify.annotations.NullMarked;
