/**
 * Joins the hubs of several nodes to one: the interface of a backplane ({@link io.sluice.sse.backplane.Backplane}).
 * Module {@code sse-redis} has one on Redis Streams. Without a backplane a hub is one process, and none of this is
 * used.
 */
@NullMarked
package io.sluice.sse.backplane;

import org.jspecify.annotations.NullMarked;
