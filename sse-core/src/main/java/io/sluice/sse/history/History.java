package io.sluice.sse.history;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * Stores the events of a hub beyond its memory, see {@link io.sluice.sse.hub.HubBuilder#history(History)}. The hub
 * keeps the newest events in memory. Clients whose position is older than that are served from the history, page by
 * page.
 *
 * <p>Rules for implementations: a hub opens a history once, from one thread, and closes it at the end. The hub's writer
 * calls {@link #reserve}, {@link #append}, {@link #remove}, {@link #commit}, {@link #maintain}, {@link #reopen} and
 * {@link #close}, one call at a time. Another thread calls {@link #read}, {@link #beforeLast} and {@link #before} at
 * the same time, and sees everything that was appended before. All methods may block; none of them runs on a lane or
 * under the hub's lock. If a method throws, the hub treats the history as failed: all publications fail until
 * {@link #reopen} succeeds.
 */
public interface History {

    /**
     * Opens the history exclusively: opening fails if another process has the same files open.
     *
     * @param newEpoch the epoch of the ids if the history has none yet
     * @param evicting called on the writer's thread with events that are about to be evicted. A reader that checks the
     *     floors after its read therefore knows whether events were evicted during the read
     * @throws HistoryException if it cannot be opened
     */
    RecoveryResult open(long newEpoch, Consumer<List<Eviction>> evicting);

    /** When the writer forces events to the disk. */
    SyncPolicy sync();

    /**
     * How long events are retained, by their age. For this long the hub knows that a topic has ended. {@link #open}
     * returns the ends that are younger, even if the last event of such a topic was evicted.
     */
    Duration age();

    /**
     * Reserves positions up to this one for events. When it returns, the reservation is on the disk, whatever the sync
     * policy is, so that no position is ever used twice.
     */
    void reserve(long position);

    /**
     * Stores events in the order of their positions, and evicts old ones. The events can be read when this returns. A
     * topic has ended with an event that is the {@linkplain StoredEvent#last last} one.
     */
    void append(List<StoredEvent> events);

    /**
     * Evicts all events of a topic up to and including a position, because the application has removed the topic. It
     * reports them as other evictions. If the topic has ended at that position or before, the history forgets that. A
     * topic that the history does not have is ignored.
     */
    void remove(String topic, long upTo);

    /**
     * Passes the appended events to the operating system, or to the disk.
     *
     * @param force whether the events must be on the disk when this returns
     */
    void commit(boolean force);

    /** Called about once a second, to evict expired events and to maintain the store. */
    void maintain();

    /**
     * Reads events of topics in the order of their positions.
     *
     * @param after only events after this position
     * @param upTo only events up to and including this position
     * @param maxBytes the maximum sum of their encoded sizes; a single event may be larger
     */
    HistoryPage read(Collection<String> topics, long after, long upTo, int maxBytes);

    /**
     * The position before the last {@code events} retained events of the topics, considering events up to {@code upTo}
     * only.
     */
    long beforeLast(Collection<String> topics, int events, long upTo);

    /**
     * The position before the first retained event of the topics that was published at or after {@code time},
     * considering events up to {@code upTo} only; {@code upTo} if there is none. Times are compared in whole
     * milliseconds.
     */
    long before(Collection<String> topics, Instant time, long upTo);

    /**
     * Opens the files again after a failure, for example when a disk was full, in the state of the last commit. What
     * was evicted since then stays evicted. The hub then appends again what is not stored. If this method throws
     * anything else than an {@link UnsupportedOperationException}, the hub calls it again after a while.
     *
     * @return the position of the last stored event
     * @throws UnsupportedOperationException if the history stays failed until a hub opens it
     */
    default long reopen() {
        throw new UnsupportedOperationException("the history cannot be opened again");
    }

    /**
     * Closes the history and releases its files. Everything appended is on the disk when this returns.
     *
     * @param head the last position that was used; -1 after a failure, which marks the stop as unclean
     */
    void close(long head);
}
