/**
 * Measures the memory of an idle client, class by class.
 *
 * <p>{@code ClientCommand} starts {@code ServerProcess}, which contains only a server, and connects {@code IdleClients}
 * to it. {@code Graph} counts what is reachable from the server with few clients and with twice as many; the difference
 * is the result. The clients are in the other process, so that their own ends of the connections are not counted.
 */
@NullMarked
package io.sluice.sse.benchmarks.client;

import org.jspecify.annotations.NullMarked;
