package io.sluice.sse.netty;

import io.sluice.sse.wire.EventParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The bytes of one response, taken apart strictly: head, chunks, events. What is not exactly as HTTP wants it throws. */
final class RawStream implements EventParser.Listener {

    record Received(String type, String data, String id) {}

    private enum At {
        HEAD,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        LAST_CHUNK_END,
        RAW,
        ENDED
    }

    private final EventParser parser = new EventParser(this);
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private At at = At.HEAD;
    private String head = "";
    private int left;

    final List<Received> events = new ArrayList<>();
    final List<String> comments = new ArrayList<>();
    final List<Long> retries = new ArrayList<>();
    final List<String> ids = new ArrayList<>();
    final List<Integer> chunks = new ArrayList<>();
    /** How often it said that the body may come. */
    int interim;

    private int rawBytes;

    /** @return how many bytes belong to this response */
    int feed(byte[] from, int offset, int length) {
        int end = offset + length;
        for (int i = offset; i < end; ) {
            switch (at) {
                case HEAD -> {
                    line.write(from[i++]);
                    head();
                }
                case CHUNK_SIZE -> {
                    line.write(from[i++]);
                    chunkSize();
                }
                case CHUNK -> {
                    int count = Math.min(left, end - i);
                    take(from, i, count);
                    i += count;
                    left -= count;
                    at = left == 0 ? At.CHUNK_END : At.CHUNK;
                }
                case CHUNK_END, LAST_CHUNK_END -> {
                    line.write(from[i++]);
                    chunkEnd();
                }
                case RAW -> {
                    int count = Math.min(end - i, rest());
                    take(from, i, count);
                    i += count;
                }
                case ENDED -> {
                    return i - offset;
                }
            }
        }
        return length;
    }

    private int rest() {
        String declared = header("content-length");
        return declared == null ? Integer.MAX_VALUE : Integer.parseInt(declared) - rawBytes;
    }

    private void head() {
        String text = text();
        if (!text.endsWith("\r\n\r\n")) {
            return;
        }
        head = text;
        line.reset();
        String length = header("content-length");
        if ("chunked".equals(header("transfer-encoding"))) {
            at = At.CHUNK_SIZE;
        } else if (status() == 100) {
            interim++;
            at = At.HEAD;
        } else {
            at = "0".equals(length) || status() == 204 ? At.ENDED : At.RAW;
        }
    }

    private void chunkSize() {
        String text = text();
        if (!text.endsWith("\r\n")) {
            if (text.length() > 10) {
                throw new AssertionError("no chunk size: " + text);
            }
            return;
        }
        line.reset();
        String hex = text.substring(0, text.length() - 2);
        left = Integer.parseInt(hex, 16);
        if (!Integer.toHexString(left).equals(hex)) {
            throw new AssertionError("chunk size with ornaments: " + hex);
        }
        at = left == 0 ? At.LAST_CHUNK_END : At.CHUNK;
        if (left > 0) {
            chunks.add(left);
        }
    }

    private void chunkEnd() {
        if (line.size() < 2) {
            return;
        }
        if (!text().equals("\r\n")) {
            throw new AssertionError("no end of chunk: " + text());
        }
        line.reset();
        at = at == At.LAST_CHUNK_END ? At.ENDED : At.CHUNK_SIZE;
    }

    private void take(byte[] from, int offset, int length) {
        if (isEventStream()) {
            parser.feed(from, offset, length);
        } else {
            body.write(from, offset, length);
        }
        rawBytes += length;
        if (at == At.RAW && rest() == 0) {
            at = At.ENDED;
        }
    }

    private String text() {
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    boolean hasHead() {
        return !head.isEmpty();
    }

    /** The head as it came, with the empty line. */
    String rawHead() {
        return head;
    }

    int status() {
        return head.isEmpty() ? 0 : Integer.parseInt(head.substring(9, 12));
    }

    String header(String name) {
        for (String field : head.split("\r\n")) {
            int colon = field.indexOf(':');
            if (colon > 0 && field.substring(0, colon).toLowerCase(Locale.ROOT).equals(name)) {
                return field.substring(colon + 1).trim();
            }
        }
        return null;
    }

    boolean isEventStream() {
        return "text/event-stream".equals(header("content-type"));
    }

    String body() {
        return body.toString(StandardCharsets.UTF_8);
    }

    /** Whether the body has ended as HTTP says it should: the last chunk, or the length. */
    boolean hasEnded() {
        return at == At.ENDED;
    }

    String lastEventId() {
        return parser.lastEventId();
    }

    List<String> data() {
        return events.stream().map(Received::data).toList();
    }

    @Override
    public void onEvent(String type, String data, String lastEventId) {
        events.add(new Received(type, data, lastEventId));
    }

    @Override
    public void onRetry(long millis) {
        retries.add(millis);
    }

    @Override
    public void onComment(String comment) {
        comments.add(comment);
    }

    @Override
    public void onLastEventId(String lastEventId) {
        ids.add(lastEventId);
    }
}
