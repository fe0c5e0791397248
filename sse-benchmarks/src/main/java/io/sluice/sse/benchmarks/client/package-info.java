/**
 * What an idle client is made of, class by class.
 *
 * <p>{@code ClientCommand} starts {@code ServerProcess}, a server and nothing else, connects {@code IdleClients} to it, and
 * subtracts what {@code Graph} reaches from the server with few of them from what it reaches with twice as many. The
 * clients are in the other process, so that nothing of their own ends of the connections can be counted.
 */
@NullMarked
package io.sluice.sse.benchmarks.client;

import org.jspecify.annotations.NullMarked;
