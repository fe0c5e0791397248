/**
 * Reads what HTTP requests say, and writes the head of a stream, without knowledge of routes: targets, headers, hosts,
 * forwarded addresses, and the time that a request may take. A reader throws {@code InvalidRequestException}, which the
 * root package turns into a response.
 *
 * <p>{@code RequestDeadline} and the lists of {@code Deadlines} are confined to an event loop. All other classes are
 * stateless or immutable. None of them owns a buffer.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of this module.
 */
@NullMarked
package io.sluice.sse.netty.http;

import org.jspecify.annotations.NullMarked;
