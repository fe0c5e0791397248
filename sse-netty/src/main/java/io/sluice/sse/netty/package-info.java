/**
 * Sluice on Netty: a server, or one handler for the pipeline of an application.
 *
 * <p>This package has the public types, the pipelines, and what a request passes from its route to its response. The
 * packages below it are not exported. Each depends only on those before it:
 *
 * <ol>
 *   <li>{@code frame}: a batch of events in one buffer for all clients of a lane, plain or as gzip
 *   <li>{@code tls}: files that are read again when they have changed
 *   <li>{@code socket}: transports, options, and what the kernel reports
 *   <li>{@code connection}: a connection before its first request
 *   <li>{@code http}: the reading of requests, their deadlines, and the head of a stream
 *   <li>{@code stream}: the sink of a client on the lane of its event loop
 *   <li>{@code http2}: the codec, the session of a connection, and its sinks
 * </ol>
 *
 * <p>A connection passes these steps:
 *
 * <ol>
 *   <li>The listening channel accepts it ({@code connection.ServerAcceptor}).
 *   <li>The HTTP handlers decode its requests ({@code HttpPipeline}). Over HTTP/2 each request has a channel of its own
 *       with these handlers ({@code ProtocolDetector}, {@code Http2Pipeline}).
 *   <li>The request is checked, its client is identified, and it is routed ({@code RouteHandler},
 *       {@code AccessControl}, {@code StreamEndpoint}). If user code decides later, {@code StageWait} waits for it.
 *   <li>For a stream, the response head is written and the HTTP handlers leave the pipeline ({@code stream.Upgrade},
 *       {@code http2.Http2Upgrade}; {@code stream.PipelineUpgrade} in the pipeline of an application, whose handlers
 *       the head passes).
 *   <li>The sink is open on the lane of its event loop ({@code stream.NettySink} or {@code http2.Http2Sink},
 *       {@code stream.EventLoopLane}).
 *   <li>The channel closes ({@code stream.StreamHandler}, {@code stream.StreamEnd}).
 *   <li>The sink's scope closes, and the ledger has its former counts again.
 * </ol>
 *
 * <p>A category of the log is the name of this package and of a class, whatever the package of the class is.
 */
@NullMarked
package io.sluice.sse.netty;

import org.jspecify.annotations.NullMarked;
