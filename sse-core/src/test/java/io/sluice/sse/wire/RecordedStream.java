package io.sluice.sse.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Records the calls of a parser, one line per call, in order. */
final class RecordedStream implements EventParser.Listener {
    final List<String> calls = new ArrayList<>();

    static String event(String type, String data, String lastEventId) {
        return "event " + type + "|" + data + "|" + lastEventId;
    }

    static String message(String data) {
        return event("message", data, "");
    }

    static String retry(long millis) {
        return "retry " + millis;
    }

    static String comment(String comment) {
        return "comment " + comment;
    }

    static String id(String lastEventId) {
        return "id " + lastEventId;
    }

    static List<String> of(byte[]... chunks) {
        RecordedStream recorded = new RecordedStream();
        EventParser parser = new EventParser(recorded);
        for (byte[] chunk : chunks) {
            parser.feed(chunk, 0, chunk.length);
        }
        return recorded.calls;
    }

    static List<String> of(String stream) {
        return of(stream.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void onEvent(String type, String data, String lastEventId) {
        calls.add(event(type, data, lastEventId));
    }

    @Override
    public void onRetry(long millis) {
        calls.add(retry(millis));
    }

    @Override
    public void onComment(String comment) {
        calls.add(comment(comment));
    }

    @Override
    public void onLastEventId(String lastEventId) {
        calls.add(id(lastEventId));
    }
}
