/**
 * Measures compressed streams: bytes on the wire, processor time and memory, of the same events to the same clients.
 *
 * <p>{@code CompressionCommand} starts a {@code CompressionServer} for each kind of compression and round, in a process
 * of its own. {@code CountingClients} read its streams in the process of the command, and do not decode them. {@code
 * Payloads} makes the events.
 */
@NullMarked
package io.sluice.sse.benchmarks.compression;

import org.jspecify.annotations.NullMarked;
