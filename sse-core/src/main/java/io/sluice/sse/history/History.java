package io.sluice.sse.history;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where a hub keeps its events beyond its memory: {@link io.sluice.sse.hub.HubBuilder#history(History)}. The rings of the hub stay
 * the hot tail; clients that stand below them are served from here, page by page.
 *
 * <p>What an implementation owes: a hub opens it once, from one thread, and closes it in the end. {@link #reserve}, {@link
 * #append}, {@link #commit}, {@link #maintain} and {@link #close} come from one thread at a time, the hub's writer; {@link
 * #read} and the two questions come from another, at the same time, and see what was appended before. All of them may
 * block, none of them runs on a lane or under the hub's lock, and what they throw is taken for the end of the history:
 * from then on publications fail.
 */
public interface History {

    /**
     * Opens it, alone: a second process on the same files is refused.
     *
     * @param newEpoch the epoch of the ids if there is none yet
     * @param evicting told of what goes, from the writer's thread, before it goes; so a reader who looks at the floors
     *     after it has read knows whether something was taken from under its eyes
     * @throws HistoryException if it cannot be opened
     */
    RecoveryResult open(long newEpoch, Consumer<List<Eviction>> evicting);

    /** When the writer forces it to the disk. */
    SyncPolicy sync();

    /**
     * Says that positions up to this one may be given to events: when it returns, that is on the disk, whatever the
     * policy, so that no position is given twice.
     */
    void reserve(long position);

    /** Takes events, in the order of their positions, and lets old ones go. They can be read when this returns. */
    void append(List<StoredEvent> events);

    /** Hands what was appended to the operating system, or to the disk. */
    void commit(boolean force);

    /** Comes about once a second: for what is too old, and for the store itself. */
    void maintain();

    /**
     * Reads events of topics in the order of their positions.
     *
     * @param after behind this position
     * @param upTo up to this one
     * @param maxBytes the sum of their blocks, unless one event alone is larger
     */
    HistoryPage read(Collection<String> topics, long after, long upTo, int maxBytes);

    /** The position before the last {@code events} kept events of the topics, of those up to {@code upTo}. */
    long beforeLast(Collection<String> topics, int events, long upTo);

    /**
     * The position before the first kept event of the topics that was published at or after {@code time}, of those up to
     * {@code upTo}; {@code upTo} if there is none. Times are compared in whole milliseconds.
     */
    long before(Collection<String> topics, Instant time, long upTo);

    /**
     * Gives everything back; everything appended is on the disk then.
     *
     * @param head the last position that was given; -1 after a failure: the end is then no clean one
     */
    void close(long head);
}
