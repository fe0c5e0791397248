/**
 * A test kit for applications that use Sluice, and for Sluice itself. It needs no mocking and, except for the two
 * clients, no socket.
 *
 * <table>
 * <caption>What to use for which test</caption>
 * <tr><th>Test of</th><th>Use</th></tr>
 * <tr><td>a source</td><td>{@link io.sluice.sse.test.RecordingSink#start RecordingSink.start(source)}: a client whose
 *     clock, reading and end the test controls</td></tr>
 * <tr><td>code that publishes to a hub</td><td>{@link
 *     io.sluice.sse.test.RecordingSink#subscribe(io.sluice.sse.hub.Hub, String...) RecordingSink.subscribe(hub,
 *     topics)}</td></tr>
 * <tr><td>a server, from the outside</td><td>{@link io.sluice.sse.test.SseTestClient}, and {@link
 *     io.sluice.sse.test.FaultClient} for the faults of clients and networks</td></tr>
 * <tr><td>whether clients leave something</td><td>{@link io.sluice.sse.test.LedgerExtension}, for JUnit
 *     Jupiter</td></tr>
 * <tr><td>a transport</td><td>{@link io.sluice.sse.test.ManualLane}, {@link io.sluice.sse.test.ThreadLane} and {@link
 *     io.sluice.sse.test.MemoryFramer} with a sink of the transport</td></tr>
 * <tr><td>speed and memory of a hub</td><td>{@link io.sluice.sse.test.QueueLane}, {@link
 *     io.sluice.sse.test.DiscardingFramer} and {@link io.sluice.sse.test.MemorySink}</td></tr>
 * </table>
 *
 * <p>The kit depends on {@code sse-core} only. It has no harness for a server, because that would bring Netty to every
 * user of the kit, and a server on a free port takes one line: {@code SseServer.builder().hub(hub).port(0).start()}.
 * JUnit Jupiter is needed for {@link io.sluice.sse.test.LedgerExtension} only.
 */
@NullMarked
package io.sluice.sse.test;

import org.jspecify.annotations.NullMarked;
