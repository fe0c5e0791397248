/**
 * Sluice on Netty: a server, or one handler for the pipeline of an application.
 *
 * <p>A connection passes these steps:
 *
 * <ol>
 *   <li>The listening channel accepts it ({@code ServerAcceptor}).
 *   <li>The HTTP handlers decode its requests ({@code HttpPipeline}). Over HTTP/2 each request has a channel of its own
 *       with these handlers ({@code ProtocolDetector}, {@code Http2Pipeline}).
 *   <li>The request is checked, its client is identified, and it is routed ({@code RouteHandler},
 *       {@code AccessControl}, {@code StreamEndpoint}). If user code decides later, {@code StageWait} waits for it.
 *   <li>For a stream, the response head is written and the HTTP handlers leave the pipeline ({@code Upgrade},
 *       {@code Http2Upgrade}; {@code PipelineUpgrade} in the pipeline of an application, whose handlers the head
 *       passes).
 *   <li>The sink is open on the lane of its event loop ({@code NettySink} or {@code Http2Sink}, {@code EventLoopLane}).
 *   <li>The channel closes ({@code StreamHandler}, {@code StreamEnd}).
 *   <li>The sink's scope closes, and the ledger has its former counts again.
 * </ol>
 */
@NullMarked
package io.sluice.sse.netty;

import org.jspecify.annotations.NullMarked;
