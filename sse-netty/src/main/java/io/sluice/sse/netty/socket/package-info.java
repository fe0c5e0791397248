/**
 * The socket of a connection: its options, the transport that serves it, and what the kernel and the channel report of
 * it. Nothing here knows HTTP or events.
 *
 * <p>{@code TcpInfo} and {@code OutboundBuffers} are confined to the event loop of the channel that they read. All
 * other classes are stateless or thread-safe.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of this module.
 */
@NullMarked
package io.sluice.sse.netty.socket;

import org.jspecify.annotations.NullMarked;
