package io.sluice.sse.backplane;

import io.sluice.sse.topic.Publication;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Joins the hubs of several nodes to one, see {@link io.sluice.sse.hub.HubBuilder#backplane}. It has one ordered
 * sequence of changes. Every node appends to it and reads all of it, its own changes included. Each node delivers what
 * it has read to its own clients. So all nodes give an event the same position, and with it the same id.
 *
 * <p>Rules for implementations:
 *
 * <ul>
 *   <li>A backplane serves one hub. The hub opens it once, and closes it at the end.
 *   <li>{@link #append} is called by any thread. It neither blocks nor waits for the network, and what waits in memory
 *       is bounded.
 *   <li>The receiver is called by one thread at a time, with rising positions. It does not block.
 *   <li>A change of this node completes its receipt exactly once: by {@link Receiver#received}, or by {@link
 *       Receipt#failed}.
 *   <li>The first change of a sequence has a position of 2 or more. A lower position means that a client stands before
 *       the begin of the sequence.
 *   <li>If the receiver may miss a change, it is notified with {@link Receiver#lost}, before any later change. A change
 *       is never missed silently.
 * </ul>
 *
 * <p>{@code BackplaneContract}, in the tests of {@code sse-core}, has these rules as tests.
 */
public interface Backplane extends AutoCloseable {

    /** The lowest position that a change may have. */
    long MIN_POSITION = 2;

    /** The highest position that a change may have. */
    long MAX_POSITION = (1L << 55) - 1;

    /** By how many changes a node that reads slowly is behind the others at most. */
    long MAX_AHEAD = 1L << 24;

    /** What the nodes of a hub share. */
    sealed interface Change {

        /**
         * Events that follow each other. The first one has the position of the entry, and each other one the position
         * after its predecessor.
         *
         * @param publications the events, with recipients and ends
         * @param duplicates the events that are not published, because an earlier event has the id that their publisher
         *     chose: by their index, the first topic of the earlier event. They take a position all the same
         */
        record Events(List<Publication> publications, Map<Integer, String> duplicates) implements Change {

            /** Events of which none is known as a duplicate. */
            public Events(List<Publication> publications) {
                this(publications, Map.of());
            }
        }

        /** A topic is removed with everything that it holds at this position. */
        record TopicRemoval(String topic) implements Change {}

        /**
         * The streams of a principal end on all nodes. A hub ignores a revocation whose {@link Entry#timeMillis time}
         * is before the hub began: its clients have connected since, and the principal may have logged in again.
         */
        record Revocation(String principal) implements Change {}

        /**
         * Which principals are present at a node. Each node reports changes as they happen, its complete state from
         * time to time in several parts, and that it is alive. A change of a single member takes the position of the
         * event that clients get for it.
         *
         * @param node the name of the node, which no other one and no later one has
         * @param members one for {@link Kind#JOINED} and {@link Kind#LEFT}; those of this part for {@link Kind#STATE}
         * @param part the number of this part of the state, from 0
         * @param parts how many parts the state has; 1 for other kinds
         */
        record NodePresence(String node, Kind kind, List<Member> members, int part, int parts) implements Change {

            /** What a node reports. */
            public enum Kind {
                /** A principal is present at this node, and was not before. */
                JOINED,
                /** A principal is not present at this node any more. */
                LEFT,
                /** Everything that is present at this node, in place of what was known. */
                STATE,
                /** The node is alive. */
                ALIVE,
                /** The node does not know what is present at the others: they report their states. */
                ASKS,
                /** The node closes. */
                ENDS
            }

            /**
             * @param topic the topic; empty for the whole hub; a slash and its place in the order of streams for one
             *     stream of the principal
             */
            public record Member(String topic, String principal) {}
        }
    }

    /**
     * A change that has its place in the sequence.
     *
     * @param position the position of the change, or of its first event; at least 2
     * @param change what has changed
     * @param timeMillis when it was appended, in milliseconds since 1970, if it is read much later than that; 0 if it
     *     is read as it happens
     * @param fromThisNode whether this node has appended it
     * @param receipt the receipt of a change that this process has appended and waits for; otherwise null
     */
    record Entry(
            long position,
            Change change,
            long timeMillis,
            boolean fromThisNode,
            @Nullable Receipt receipt) {

        /** @throws IllegalArgumentException if the position is not from 2 to {@link #MAX_POSITION} */
        public Entry {
            if (position < MIN_POSITION || position > MAX_POSITION) {
                throw new IllegalArgumentException(
                        "position: " + position + " (expected: from " + MIN_POSITION + " to " + MAX_POSITION + ")");
            }
        }
    }

    /** Waits for one change of this node. The hub creates it, and hands it to {@link #append}. */
    interface Receipt {

        /** The change was not appended, or it is unknown whether it was. */
        void failed(BackplaneException cause);
    }

    /** The hub, which takes the changes. */
    interface Receiver {

        /**
         * The sequence begins for this node. Called before all other methods, and once more if the nodes have begun a
         * sequence whose ids have nothing in common with the earlier one.
         *
         * @param epoch identifies the sequence in ids; all nodes have the same one
         * @param position the position after which changes follow. What was published before is not in this node's
         *     memory
         * @param timeMillis when the last event before that was published at the latest, in milliseconds since 1970
         */
        void begin(long epoch, long position, long timeMillis);

        /**
         * Takes changes in the order of their positions.
         *
         * @param upTo the position up to which the sequence was read, which is not before the last change
         * @return how many events were skipped because no hub can publish them, or because this hub has no room for
         *     their topic or their topic has ended
         */
        int received(List<Entry> entries, long upTo);

        /** Changes up to and including this position may be lost: each client that has not passed it gets a gap. */
        void lost(long upTo);

        /**
         * The sequence keeps nothing up to and including this position any more, so {@link Backplane#read} returns
         * nothing of it. A backplane that keeps nothing to read never calls this.
         *
         * @param timeMillis when the last of these changes was appended at the latest, in milliseconds since 1970
         */
        default void trimmed(long upTo, long timeMillis) {}
    }

    /**
     * Changes of the sequence that were read again.
     *
     * @param entries the changes in the order of their positions, with their times and without receipts. Each has at
     *     most one event. A change that no hub can publish is left out, as is a repetition
     * @param from the page begins after this position. It is after the requested one if the sequence does not keep what
     *     is between the two any more. The hub then reads the newest change up to there. If there is none, everything
     *     before was trimmed; otherwise only clients that read across this hole get a gap
     * @param to up to this position the page has everything
     */
    record Page(List<Entry> entries, long from, long to) {}

    /**
     * How the backplane is.
     *
     * @param unavailable why changes can be neither appended nor read now, in words for an operator; null if they can
     * @param appended how many changes of this node have got their place
     * @param received how many changes of all nodes were read
     * @param lag how many changes are in the sequence that this node has not read, as far as it knows
     * @param gaps how often changes may have been lost
     * @param reconnects how often the connection was made again
     * @param skipped how many entries were skipped because they could not be understood, or were refused by this hub
     */
    record Status(
            @Nullable String unavailable,
            long appended,
            long received,
            long lag,
            long gaps,
            long reconnects,
            long skipped) {}

    /**
     * Opens the backplane. It may wait a few seconds for the network, and read what the nodes have published lately.
     * It does not fail if the network is away: then it tries again in the background.
     *
     * @param newEpoch the epoch of the ids if the sequence has none yet
     */
    void open(Receiver receiver, long newEpoch);

    /** Appends a change. It is delivered on this node when it is read again, as on all others. */
    void append(Change change, Receipt receipt);

    /**
     * This hub did not take events that this node has appended, so their publisher learns that they were refused. Ids
     * that the publisher chose for them, and that are no duplicates, are free again. Called by the thread of the
     * receiver; it does not block.
     */
    default void refused(Change.Events events) {}

    /**
     * Whether another node may have received a change at {@code position}, although this node has received the changes
     * up to {@code head} only, which is lower. A client that comes from that node with this position waits for this
     * node. With any other position it gets a gap, so that an id that no node has assigned does not wait for ever. Any
     * thread; it does not block. A backplane whose positions have larger holes than {@link #MAX_AHEAD} overrides this.
     */
    default boolean isAhead(long position, long head) {
        return position - head <= MAX_AHEAD;
    }

    /** Whether {@link #read} works. A hub asks once, before it opens the backplane. */
    default boolean isReadable() {
        return false;
    }

    /**
     * Reads changes of the sequence again, for clients that are older than the memory of this node. One thread at a
     * time calls it, which is neither a lane nor the one of the receiver. It may wait for the network for a few
     * seconds.
     *
     * @param after only changes after this position
     * @param upTo only changes up to and including this position, which this node has received
     * @param changes how many changes the page has at most; it may have fewer
     * @param newest whether the page has the last of these changes; otherwise it has the first
     * @return a page that begins at {@code after} or later, and ends after its begin. With {@code newest} it ends at
     *     {@code upTo}, and it begins at {@code upTo} if nothing before is kept
     * @throws BackplaneException if the changes cannot be read now
     */
    default Page read(long after, long upTo, int changes, boolean newest) {
        throw new UnsupportedOperationException("the backplane keeps no changes to read");
    }

    /** How the backplane is now. Any thread. */
    Status status();

    /** Ends all connections and threads. Receipts that wait fail. */
    @Override
    void close();
}
