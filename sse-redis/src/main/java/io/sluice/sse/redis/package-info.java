/**
 * Joins the hubs of several nodes by a stream of Redis 7 or later, or of Valkey.
 *
 * <p>The files: {@code RedisBackplane} is what an application creates. {@code RedisLoop} is its thread: it connects,
 * reads, and connects again. {@code Connector} and {@code Session} are its connections, {@code Attachment} is the begin
 * of a session, {@code StreamReader} reads page by page, {@code Checks} run once a second, and {@code Answers} waits.
 * {@code Appender} has what this node appends and waits for. {@code EntryCodec} and {@code PresenceCodec} are the form
 * of an entry. {@code StreamOrder} finds holes and repetitions in what is read, {@code StreamPages} reads earlier
 * entries again, {@code Position} maps the ids of a stream to positions, and {@code Scripts} are the few steps that
 * have to be atomic in Redis.
 */
@NullMarked
package io.sluice.sse.redis;

import org.jspecify.annotations.NullMarked;
