/**
 * The values of publishing and subscribing: what an application passes to a hub
 * ({@link io.sluice.sse.topic.Publication}, {@link io.sluice.sse.topic.Selector},
 * {@link io.sluice.sse.topic.StartPosition}) and what it gets back ({@link io.sluice.sse.topic.Published},
 * {@link io.sluice.sse.topic.Subscription}).
 *
 * <p>A <b>topic</b> has a name, see {@link io.sluice.sse.topic.TopicPattern#checkName}. A <b>selector</b> names topics
 * and patterns. A <b>subscription</b> is a selector and a <b>position</b> in the hub's sequence; positions rise by one
 * for each event.
 *
 * <p>The classes and records are immutable. The interfaces are implemented by the hub, except for
 * {@link io.sluice.sse.topic.EventFilter}, which an application implements.
 */
@NullMarked
package io.sluice.sse.topic;

import org.jspecify.annotations.NullMarked;
