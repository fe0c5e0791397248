/**
 * A connection before its first request: when it is accepted, how many there may be, who is at its other end. The two
 * logs belong here because every later layer reports to them: rejections by a limit, and failures, both at a bounded
 * rate.
 *
 * <p>The handlers of the listening channel are confined to its event loop. Everything that connections share is
 * thread-safe. Over HTTP/2 a request has a channel of its own, whose parent is the connection: see {@code Connection}.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of this module.
 */
@NullMarked
package io.sluice.sse.netty.connection;

import org.jspecify.annotations.NullMarked;
