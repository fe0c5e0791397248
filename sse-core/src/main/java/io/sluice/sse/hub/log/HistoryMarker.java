package io.sluice.sse.hub.log;

/**
 * Stands in the queue of the {@link HistoryWriter} at a position whose event is not stored, because its topic is
 * live-only. So the writer reaches that position, and reads and publications that wait for it continue.
 */
final class HistoryMarker extends LogEntry {

    private static final byte[] NOTHING = {};

    private HistoryMarker(long position, String topic) {
        super(position, 0, topic, NOTHING);
    }

    static HistoryMarker notStored(long position, String topic) {
        return new HistoryMarker(position, topic);
    }
}
