package io.sluice.sse.hub.log;

/**
 * Stands in the queue of the {@link HistoryWriter} where no event is to be stored. At the position of an event of a
 * live-only topic it lets the writer reach that position, so that reads and publications that wait for it continue. Or
 * it removes what the history has of a topic. Or it follows the last event of a topic, at the same position.
 */
final class HistoryMarker extends LogEntry {

    private static final byte[] NOTHING = {};

    private enum Kind {
        NOT_STORED,
        REMOVAL,
        END
    }

    private final Kind kind;

    private HistoryMarker(long position, String topic, Kind kind) {
        super(position, 0, topic, NOTHING);
        this.kind = kind;
    }

    static HistoryMarker notStored(long position, String topic) {
        return new HistoryMarker(position, topic, Kind.NOT_STORED);
    }

    static HistoryMarker removal(long position, String topic) {
        return new HistoryMarker(position, topic, Kind.REMOVAL);
    }

    static HistoryMarker end(long position, String topic) {
        return new HistoryMarker(position, topic, Kind.END);
    }

    /** Whether it removes the events of the topic, up to its position. */
    boolean isRemoval() {
        return kind == Kind.REMOVAL;
    }

    /** Whether the entry before it is the last event of the topic. */
    boolean isEnd() {
        return kind == Kind.END;
    }
}
