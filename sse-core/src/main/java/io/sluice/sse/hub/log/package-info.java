/**
 * The log of a hub: one sequence of positions, and for each topic a bounded ring of its events. Everything here is
 * guarded by one lock, the hub's lock, which {@link io.sluice.sse.hub.log.HubLog} owns. The rings, their floors and the
 * head can also be read without it, as described below.
 *
 * <h2>What the lock guards</h2>
 *
 * <p>The lock guards the last position, the topics and patterns, the listeners of each topic, the sums and ids of
 * {@code LogBounds}, the conflation tables, the floors of removed topics, and the writer's queue. It also serializes
 * all writes to the rings. So there is one order of all events, and in each ring positions only rise. The lock is held
 * briefly: no I/O, no user code and no wake-up of a lane happens under it. A method that needs the lock asserts that
 * its caller holds it, if the method can reach the lock.
 *
 * <h2>Why no event is lost between a publisher and a lane</h2>
 *
 * <p>A publisher does the following, in this order:
 *
 * <ol>
 *   <li>under the lock, it appends the entry to the ring of each topic;
 *   <li>it marks the topic dirty on each lane that has subscribers ({@code TopicListener.mark});
 *   <li>it writes the head, once for all events of the publication, and releases the lock;
 *   <li>it wakes these lanes ({@code TopicListener.wake}).
 * </ol>
 *
 * <p>A lane does the following, in this order:
 *
 * <ol>
 *   <li>it takes back its wake-up, so that a later publisher wakes it again;
 *   <li>it reads the head;
 *   <li>it takes the dirty topics, and clears the mark of each before it reads the ring;
 *   <li>it copies the entries after its position up to that head;
 *   <li>it reads the floors.
 * </ol>
 *
 * <p>Consider an event of a topic that has a subscriber on the lane. If its position is at most the head that the lane
 * read, the topic was marked before that head was written. So the lane takes the topic in this pass, or took it in an
 * earlier one. If the position is above that head, a copy reports that the ring has newer entries, and the lane defers
 * the topic to its next pass. The publisher's wake-up for that pass is still to come, since the lane took back its
 * wake-up before it read the head.
 *
 * <p>A publisher follows the links between listeners after it has released the lock. A removed listener keeps its link,
 * so the publisher still visits each listener that stays.
 *
 * <h2>What can be read without the lock</h2>
 *
 * <ul>
 *   <li>{@code HubLog.head} is volatile, since release and acquire are not enough. The publisher writes the head and
 *       then reads whether the lane was woken. The lane takes back its wake-up and then reads the head. At least one of
 *       them must see what the other wrote.
 *   <li>The end of a ring ({@code TopicLog.next}) is volatile for the same reason. The publisher writes it and then
 *       reads the mark. The lane clears the mark and then reads the end.
 *   <li>A ring is written with release and read with acquire. The writer writes the number of an eviction, then the
 *       floor, then the slot. A reader reads the end, the start and the array, then the slots, then the floor, and its
 *       number last. So a reader that missed an entry because its slot was overwritten also sees the raised floor, and
 *       knows that it was lapped.
 *   <li>The floors of lost events in {@code ConflatedLog}, {@code StoredLog} and {@code BackplaneLog}, and the floor of
 *       {@code TrimmedSequence}, are volatile references to immutable values. A conflation table is never
 *       read without the lock.
 *   <li>{@code PatternTopics} publishes its topics by a volatile size and a volatile list. It writes the floor of a
 *       removed topic before it drops the topic from the list. A reader reads the topics first and that floor last.
 *   <li>Whether an entry is superseded is volatile. A reader may leave out such an entry: the newer one has a higher
 *       position, and is still to come.
 *   <li>{@code SharedSequence.losses} is a volatile reference to an immutable value, written before the head.
 *       {@code SharedSequence.holes} is one as well, written before the page that ends at the hole is handed to a lane.
 *   <li>Whether the hub is closed is volatile. The final fields of a topic and of an entry never change.
 * </ul>
 *
 * <h2>The files</h2>
 *
 * <ul>
 *   <li><b>sequence:</b> {@code HubLog}, {@code Appender}, {@code SharedSequence}, {@code Sequencer},
 *       {@code LocalSequencer}, {@code SharedSequencer}, {@code SharedEvents}, {@code Losses}, {@code Holes},
 *       {@code EventIds}, {@code PendingEvent}, {@code PublisherId}, {@code LogOptions}, {@code WallClock},
 *       {@code StartBounds}
 *   <li><b>rings:</b> {@code TopicLog}, {@code ConflatedLog}, {@code ConflationTable}, {@code PagedLog},
 *       {@code StoredLog}, {@code BackplaneLog}, {@code TrimmedSequence}, {@code LogEntry}, {@code SharedEvent},
 *       {@code Entries}, {@code LoggedEvent}, {@code Envelope}, {@code JsonText}
 *   <li><b>bounds:</b> {@code LogBounds}, {@code EvictionQueue}, {@code Expirer}, {@code Floor}, {@code Floors},
 *       {@code RemovedTopicFloors}, {@code NewestPositions}
 *   <li><b>topics:</b> {@code Topic}, {@code TopicTable}, {@code TopicOptions}, {@code TopicListener},
 *       {@code PatternTopics}, {@code PatternMatches}, {@code PatternListener}, {@code PatternTrie},
 *       {@code PatternSegments}, {@code TopicIndex}, {@code TopicOrder}, {@code SubscriberCount},
 *       {@code EndedTopics}, {@code EndCheck}
 *   <li><b>history:</b> {@code HubHistory}, {@code HistoryWriter}, {@code WriteQueue}, {@code HistoryReader},
 *       {@code PastEvents}, {@code StoredEvents}, {@code SequencePast}, {@code PositionReservation},
 *       {@code DurabilityWaiters}, {@code HistoryUpkeep}, {@code HistoryMarker}, {@code RecipientCodec},
 *       {@code StampClock}
 * </ul>
 *
 * <p>This package is not exported. Its public members are public only for the other packages of the hub.
 */
@NullMarked
package io.sluice.sse.hub.log;

import org.jspecify.annotations.NullMarked;
