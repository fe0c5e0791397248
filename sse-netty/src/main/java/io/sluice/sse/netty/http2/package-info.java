/**
 * HTTP/2: the codec of a connection with its limits, the session that its streams share, and the sink that is one
 * stream. The routes do not see it, because {@code Http2RequestCodec} turns the frames of a stream into a request of
 * HTTP/1.1.
 *
 * <p>A connection and its streams share one event loop, to which everything here is confined, except for
 * {@code Http2RequestCodec} and {@code Http2Limits}, which have no state. {@code Http2Output} owns the batch of a
 * connection until it writes it; {@code Http2Session} releases the frames of the connection that it reads.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of this module.
 */
@NullMarked
package io.sluice.sse.netty.http2;

import org.jspecify.annotations.NullMarked;
