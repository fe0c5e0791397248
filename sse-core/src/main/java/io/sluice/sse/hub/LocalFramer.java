package io.sluice.sse.hub;

import io.sluice.sse.hub.lane.Batch;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.Framer;
import io.sluice.sse.hub.lane.Splice;
import io.sluice.sse.hub.log.LogEntry;
import java.util.ArrayList;
import java.util.List;

/** Makes frames of the events themselves. They are on the heap, so nothing is freed. Confined to its lane. */
final class LocalFramer implements Framer {

    /** Some events, or one block that is no event of a topic. Immutable. */
    static final class Events extends Frame {

        final List<LogEntry> entries;
        private final int bytes;

        Events(List<LogEntry> entries) {
            this.entries = entries;
            int sum = 0;
            for (LogEntry entry : entries) {
                sum += entry.wire.length;
            }
            this.bytes = sum;
        }

        @Override
        public int payloadBytes() {
            return bytes;
        }
    }

    @Override
    public Frame frame(Batch batch) {
        List<LogEntry> entries = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            entries.add(new LogEntry(0, 0, batch.topic(i), batch.block(i)));
        }
        return new Events(entries);
    }

    @Override
    public Frame splice(Splice splice) {
        List<LogEntry> entries = new ArrayList<>();
        for (int run = 0; run < splice.size(); run++) {
            entries.addAll(((Events) splice.frame(run)).entries.subList(splice.from(run), splice.to(run)));
        }
        return new Events(entries);
    }

    @Override
    public void release(Frame frame) {}

    @Override
    public void releaseSent() {}

    @Override
    public int inFlight() {
        return 0;
    }

    @Override
    public long heldBytes() {
        return 0;
    }
}
