package io.sluice.sse.hub.log;

/**
 * Stands in the queue of the {@link HistoryWriter} where no event is to be stored. At the position of an event of a
 * live-only topic it lets the writer reach that position, so that reads and publications that wait for it continue. Or
 * it removes what the history has of a topic.
 */
final class HistoryMarker extends LogEntry {

    private static final byte[] NOTHING = {};

    /** Whether it removes the events of the topic, up to its position. */
    final boolean isRemoval;

    private HistoryMarker(long position, String topic, boolean isRemoval) {
        super(position, 0, topic, NOTHING);
        this.isRemoval = isRemoval;
    }

    static HistoryMarker notStored(long position, String topic) {
        return new HistoryMarker(position, topic, false);
    }

    static HistoryMarker removal(long position, String topic) {
        return new HistoryMarker(position, topic, true);
    }
}
