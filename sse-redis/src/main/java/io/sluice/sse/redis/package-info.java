/**
 * Joins the hubs of several nodes by a stream of Redis 7 or later, or of Valkey.
 *
 * <p>The files: {@code RedisBackplane} is what an application creates. {@code RedisLoop} is its thread: it connects,
 * reads, and connects again. {@code Appender} has what this node appends and waits for. {@code EntryCodec} is the form
 * of an entry, {@code StreamOrder} finds holes and repetitions in what is read, {@code StreamPages} reads earlier entries again, {@code Position} maps the ids of a
 * stream to positions, and {@code Scripts} are the few steps that have to be atomic in Redis.
 */
@NullMarked
package io.sluice.sse.redis;

import org.jspecify.annotations.NullMarked;
