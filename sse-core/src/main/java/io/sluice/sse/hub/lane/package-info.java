/**
 * Delivery on lanes, and the interface for transports (SPI). Everything here is confined to a lane, except where a
 * method states otherwise.
 *
 * <h2>Writing a transport</h2>
 *
 * <p>A transport connects clients to a hub. It implements four types and calls three:
 *
 * <table>
 *   <caption>The types of the SPI</caption>
 *   <tr><th>type</th><th>by</th><th>what it is</th></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.Lane}</td><td>transport</td><td>a serial executor with a clock and timers,
 *       such as an event loop</td></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.LaneSink}</td><td>transport</td><td>one connection: write, flush, end, and
 *       how much room is left</td></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.Framer}</td><td>transport</td><td>turns events into buffers and frees the
 *       buffers, one per lane</td></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.Frame}</td><td>transport</td><td>one such buffer, shared by all its
 *       sinks</td></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.LaneRegistry}</td><td>hub</td><td>the lanes of a hub: join and
 *       leave</td></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.HubLane}</td><td>hub</td><td>one lane that has joined: its sinks, and the
 *       flush before a drain</td></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.LaneOptions}</td><td>hub</td><td>heartbeat, timeouts, lifetimes</td></tr>
 *   <tr><td>{@link io.sluice.sse.hub.lane.Batch}, {@link io.sluice.sse.hub.lane.Splice}</td><td>hub</td><td>what a
 *       framer is asked to frame</td></tr>
 * </table>
 *
 * <p>{@code io.sluice.sse.hub.TransportAccess} gives the registry of a hub. The life of a lane and of a sink:
 *
 * <pre>{@code
 * // Any thread, once per lane and hub.
 * LaneRegistry lanes = TransportAccess.of(hub);
 * HubLane hubLane = lanes.join(lane, new MyFramer(), LaneOptions.DEFAULT.withWriteTimeout(Duration.ofSeconds(10)));
 *
 * final class MySink extends LaneSink {
 *     private final MyConnection connection;
 *
 *     MySink(HubLane lane, MyConnection connection) {
 *         super(lane, null);
 *         this.connection = connection;
 *     }
 *
 *     protected boolean canWrite() { return connection.room() > 0; }
 *     protected long room() { return connection.room(); }             // any thread
 *     protected void write(Frame frame) { connection.queue(((MyFrame) frame).addReference()); }
 *     protected void flush() { connection.flush(); }
 *     protected long pendingBytes() { return connection.queuedBytes(); }
 *     protected long progress() { return connection.bytesSent(); }
 *
 *     protected void end(CloseReason reason, boolean orderly) {
 *         if (orderly) {
 *             connection.closeAfterFlush(hubLane().options().writeTimeout());
 *         } else {
 *             connection.abort();
 *         }
 *     }
 *
 *     void onWritable() { becameWritable(); }
 * }
 *
 * // On the lane, for a client that has sent its request. The first block is written in this call.
 * MySink sink = new MySink(hubLane, connection);
 * sink.open(Selector.of("news"), StartPosition.after(lastEventId), null);
 *
 * // On the lane, when the connection reports something.
 * sink.onWritable();                      // room() was 0 and is not any more
 * sink.close(CloseReason.CLIENT_LEFT);    // the client has gone; calls end(CLIENT_LEFT, false)
 *
 * // On the lane, before its thread ends.
 * hubLane.forEachSink(open -> open.close(CloseReason.SERVER_DRAINING));
 * lanes.leave(hubLane);
 * }</pre>
 *
 * <p><b>Threads.</b> The hub calls a sink and a framer on their lane only; {@link io.sluice.sse.hub.lane.LaneSink#room}
 * is the exception. The transport calls {@code open}, {@code becameWritable}, {@code hasReached} and
 * {@code flushPublished} on the lane. {@code send}, {@code offer}, {@code close} and {@code forEachSink} may be called
 * from any thread. Sources and listeners never run on a lane. Filters and observers do, so they must not block.
 * {@code flush} and {@code open} may close the sink before they return.
 *
 * <p><b>Frames.</b> The lane makes a frame with its framer, writes it to any number of sinks, and releases it once. A
 * connection that has not sent the bytes by then holds a reference of its own, which it takes in {@code write} and
 * drops when the bytes are sent. The framer frees the buffer when the lane has released it and no connection holds it.
 * It must report how many bytes are held ({@link io.sluice.sse.hub.lane.Framer#heldBytes}), because the budget for
 * catching up is measured by them.
 *
 * <p><b>Backpressure.</b> A sink that cannot write is left alone until {@code becameWritable}. It then costs one {@code
 * long}, its position. Only {@code pendingBytes} and {@code progress} distinguish a slow client from a stalled one.
 *
 * <p><b>Optional methods.</b> {@code prefetch} and {@code tryWriteDirect} make passes faster and change nothing else.
 * Their default implementations are correct. Both have their contract in {@link io.sluice.sse.hub.lane.LaneSink}.
 *
 * <h2>Why it is correct: confinement to a lane</h2>
 *
 * <p>The log has one lock. Delivery has none: the state of a sink has one owner, its lane.
 *
 * <table>
 *   <caption>Who owns which state</caption>
 *   <tr><th>state</th><th>owner</th></tr>
 *   <tr><td>position, dirty set and subscriptions of a sink; the lane's position; passes, queues, frames</td>
 *       <td>the lane</td></tr>
 *   <tr><td>subscriber lists</td><td>changed on the lane and under the hub's lock, so either suffices to read
 *       them</td></tr>
 *   <tr><td>rings, floors, the head</td><td>the hub's lock; a lane reads them without it, as {@code TopicLog}
 *       allows</td></tr>
 *   <tr><td>dirty marks, the posted turn</td><td>any thread, by compare-and-set</td></tr>
 *   <tr><td>direct sends and writable listeners</td><td>the monitor of their queue</td></tr>
 * </table>
 *
 * <p><b>No lock is needed</b>, because a lane runs one task at a time and each task sees what the earlier ones wrote. A
 * method that is called from another thread hands its work to the lane. When a lane has ended, its work runs on the
 * thread of the caller, one caller at a time ({@code LaneTasks.onEndedLane}). Methods that can be reached from other
 * classes assert that they are called in one of these two ways.
 *
 * <p><b>A pass may be suspended</b> between two sinks, so that the lane can poll its I/O. Other tasks run meanwhile.
 * The pass relies on three facts:
 *
 * <ul>
 *   <li>No sink joins the lane. {@code CatchUp} runs only while no pass does, and a new sink begins behind.
 *   <li>No subscription leaves a list, because the last member would move to its place and be skipped. Such changes
 *       wait in {@code LaneTasks.afterPass}. Adding a subscription is harmless: its sink is behind, and a pass skips
 *       it.
 *   <li>The lane's position does not change. It moves at the end of the pass, for all sinks that have caught up
 *       together.
 * </ul>
 *
 * <p>A sink may close, unsubscribe or fall behind meanwhile. The pass then skips it, because it asks {@code takesPart}
 * right before each write.
 *
 * <p><b>A sink that is behind joins without losing or repeating an event.</b> The events of a sink are those of its
 * topics that were published after its subscription began. Three invariants hold between passes:
 *
 * <ol>
 *   <li>A sink that has caught up was sent each of its events at or below the lane's position once, and no later event.
 *   <li>A sink that is behind was sent each of its events at or below its own position once, or its client was sent a
 *       gap for them. It was sent no later event.
 *   <li>If a topic has a subscriber on the lane, and an event between the lane's position and the head, then it is
 *       marked, or deferred to the next pass.
 * </ol>
 *
 * <p>{@code CatchUp} moves a sink to the end of a range that it has written completely, and no further than the lane's
 * position. When both positions are equal, (1) and (2) state the same, so the sink may join the lane. The next pass
 * begins after this position and misses no event, by (3). History and live events are one sequence, so nothing has to
 * be merged. A sink that falls behind gets the position up to which it was written to, as (2) demands.
 *
 * <p>A sink may stand ahead of its lane, because it began or skipped lost events at the hub's head. It waits until a
 * pass has reached its position. With a backplane a sink may even stand ahead of the hub, because its client comes from
 * another node. Such a sink leaves the queue until the lane's position has moved. A sink with a later subscription that
 * begins ahead of the lane waits as well, because the next pass may have events that this subscription must not
 * receive.
 *
 * <p>A publisher marks a topic before it releases the head, and a pass reads the head before it takes the marks. A
 * topic that is new to the lane is marked if it has events after the lane's position ({@code SubscriberIndex}). Both
 * establish (3).
 *
 * <h2>The files</h2>
 *
 * <ul>
 *   <li><b>SPI:</b> {@code Lane}, {@code LaneSink} with its superclasses {@code SinkTransport} and {@code SinkState},
 *       {@code Framer}, {@code Frame}, {@code Batch}, {@code Splice}, {@code LaneRegistry}, {@code HubLane},
 *       {@code LaneOptions}
 *   <li><b>Subscribers:</b> {@code LaneSubscriptions}, {@code Selection}, {@code LaneSubscription},
 *       {@code SubscriberIndex}, {@code PatternSlices}, {@code SubscriberList}, {@code TopicSubscribers},
 *       {@code PatternSubscribers}, {@code EventView}, {@code ResumePoint}, {@code StartQuery}
 *   <li><b>Pass:</b> {@code LaneTurns}, {@code PassScheduler}, {@code PassPacer}, {@code BatchWait},
 *       {@code AdaptiveBackoff}, {@code Pass}, {@code DirtyTopics}, {@code WaitingTopics}, {@code DirtySet},
 *       {@code DirtySets}, {@code LaneFrames}, {@code ViewFrames}, {@code Splicer}, {@code Prefetcher}
 *   <li><b>Catching up:</b> {@code CatchUp}, {@code CatchUpQueue}, {@code CatchUpBudget}, {@code CatchUpRange},
 *       {@code TopicMerge}, {@code UpcomingEvents}, {@code RecentRanges}, {@code HistoryPager}, {@code Overflow},
 *       {@code GapNotice}, {@code FirstBlock}
 *   <li><b>Keeping streams alive:</b> {@code SinkLifecycle}, {@code LaneSinks}, {@code LaneTicker},
 *       {@code HeartbeatFrames}, {@code StallClock}, {@code LaneWatchdog}, {@code LaneTasks}, {@code Revocations}
 *   <li><b>User code:</b> {@code RunningSource}, {@code DirectSendQueue}, {@code DirectSend}, {@code DirectSends},
 *       {@code DirectSendWriter}, {@code WritableListeners}, {@code SerialExecutor}
 * </ul>
 */
@NullMarked
package io.sluice.sse.hub.lane;

import org.jspecify.annotations.NullMarked;
