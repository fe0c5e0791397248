/**
 * Sluice on Netty: a server, or one handler for a pipeline that somebody else owns.
 *
 * <p>The way of a connection: accept → HTTP decode ({@code ServerPipeline}) → route and guard ({@code RouteHandler}) →
 * upgrade: the stream's head is written and the HTTP handlers leave the pipeline ({@code Upgrade}) → the sink is open on
 * its event loop's lane ({@code NettySink}, {@code EventLoopLane}) → the channel closes ({@code StreamHandler}) → the
 * sink's scope closes, and the ledger is back where it was.
 */
@NullMarked
package io.sluice.sse.netty;

import org.jspecify.annotations.NullMarked;
