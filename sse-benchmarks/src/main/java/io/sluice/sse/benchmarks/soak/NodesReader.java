package io.sluice.sse.benchmarks.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Arrays;
import java.util.function.Supplier;

/** A client that checks the order of its events, and reports each to the plan of the round. */
final class NodesReader extends StreamReader {

    /** Begins the data of an event; its number and a line of padding follow. */
    static final char MARK = '@';

    private static final String ID = "id: ";
    private static final String DATA = "data: " + MARK;
    private static final String GAP = "event: gap";
    private static final int MAX_LINE = 64;

    private final int topic;
    private final Supplier<NodesPlan> plan;
    /** The last number of each publisher. */
    private final long[] last;

    private String lastId = "";

    private final StringBuilder line = new StringBuilder(MAX_LINE);
    private String id = "";
    private long number = -1;

    /** @param publishers how many publishers there are, each of which has rising numbers */
    NodesReader(String topicName, int topic, int publishers, Supplier<NodesPlan> plan) {
        super("/events/" + topicName);
        this.topic = topic;
        this.plan = plan;
        this.last = new long[publishers];
        Arrays.fill(last, -1);
    }

    int topic() {
        return topic;
    }

    /** Whether the event follows what this client has received. Each event is asked for once. */
    boolean isNext(int publisher, long ofEvent, String idOfEvent) {
        boolean rises = ofEvent > last[publisher] && idOfEvent.compareTo(lastId) > 0;
        last[publisher] = Math.max(last[publisher], ofEvent);
        lastId = rises ? idOfEvent : lastId;
        return rises;
    }

    /** The heads of chunks are lines too, since the server ends each chunk with an event. */
    @Override
    void received(Channel channel, ByteBuf bytes) {
        while (bytes.isReadable()) {
            int end = bytes.bytesBefore((byte) '\n');
            int length = end < 0 ? bytes.readableBytes() : end;
            for (int i = 0; i < length; i++) {
                char next = (char) bytes.readByte();
                if (line.length() < MAX_LINE && next != '\r') {
                    line.append(next);
                }
            }
            if (end >= 0) {
                bytes.skipBytes(1);
                endOfLine();
                line.setLength(0);
            }
        }
    }

    private void endOfLine() {
        if (line.length() == 0) {
            if (number >= 0) {
                plan.get().received(this, number, id);
            }
            number = -1;
        } else if (startsWith(DATA)) {
            number = numberAt(DATA.length());
        } else if (startsWith(ID)) {
            id = line.substring(ID.length());
        } else if (startsWith(GAP)) {
            plan.get().count(NodesPlan.Fault.GAP);
        }
    }

    private boolean startsWith(String text) {
        return line.length() >= text.length()
                && line.substring(0, text.length()).equals(text);
    }

    private long numberAt(int from) {
        long value = 0;
        for (int i = from; i < line.length() && Character.isDigit(line.charAt(i)); i++) {
            value = value * 10 + Character.digit(line.charAt(i), 10);
        }
        return value;
    }
}
