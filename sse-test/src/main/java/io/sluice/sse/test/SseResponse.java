package io.sluice.sse.test;

import io.sluice.sse.wire.EventParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one HTTP/1.1 response, parsed strictly: head, chunks, gzip, events. Bytes that HTTP does not allow at
 * their position throw an {@link AssertionError}; the stream itself is parsed as browsers do. Not thread-safe.
 */
public class SseResponse {

    private enum State {
        HEAD,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        LAST_CHUNK_END,
        UNCHUNKED,
        ENDED
    }

    private final EventParser parser = new EventParser(new Records());
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final GzipDecoder gzip = new GzipDecoder();
    private State state = State.HEAD;
    private String head = "";
    private int chunkRest;
    private int bodyBytes;
    private int interimResponses;

    private final List<ReceivedEvent> events = new ArrayList<>();
    private final List<String> comments = new ArrayList<>();
    private final List<Long> retries = new ArrayList<>();
    private final List<String> ids = new ArrayList<>();
    private final List<Integer> chunks = new ArrayList<>();

    /** Creates a response of which no byte has arrived yet. */
    public SseResponse() {}

    /**
     * Parses the next bytes of the connection.
     *
     * @return how many of the bytes belong to this response
     */
    public int feed(byte[] bytes, int offset, int length) {
        int end = offset + length;
        int at = offset;
        while (at < end && state != State.ENDED) {
            switch (state) {
                case HEAD -> {
                    line.write(bytes[at++]);
                    headByte();
                }
                case CHUNK_SIZE -> {
                    line.write(bytes[at++]);
                    chunkSize();
                }
                case CHUNK -> {
                    int count = Math.min(chunkRest, end - at);
                    take(bytes, at, count);
                    at += count;
                    chunkRest -= count;
                    state = chunkRest == 0 ? State.CHUNK_END : State.CHUNK;
                }
                case CHUNK_END, LAST_CHUNK_END -> {
                    line.write(bytes[at++]);
                    chunkEnd();
                }
                default -> {
                    int count = Math.min(end - at, bodyRest());
                    take(bytes, at, count);
                    at += count;
                }
            }
        }
        return at - offset;
    }

    private int bodyRest() {
        String declared = header("content-length");
        return declared == null ? Integer.MAX_VALUE : Integer.parseInt(declared) - bodyBytes;
    }

    private void headByte() {
        String text = text();
        if (!text.endsWith("\r\n\r\n")) {
            return;
        }
        head = text;
        line.reset();
        if ("chunked".equals(header("transfer-encoding"))) {
            state = State.CHUNK_SIZE;
        } else if (status() == 100) {
            interimResponses++;
        } else {
            boolean empty = "0".equals(header("content-length")) || status() == 204 || status() == 304;
            state = empty ? State.ENDED : State.UNCHUNKED;
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
        chunkRest = Integer.parseInt(hex, 16);
        if (!Integer.toHexString(chunkRest).equals(hex)) {
            throw new AssertionError("a chunk size that is not plain: " + hex);
        }
        state = chunkRest == 0 ? State.LAST_CHUNK_END : State.CHUNK;
        if (chunkRest > 0) {
            chunks.add(chunkRest);
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
        if (state == State.LAST_CHUNK_END) {
            gzip.assertHasEnded();
        }
        state = state == State.LAST_CHUNK_END ? State.ENDED : State.CHUNK_SIZE;
    }

    private void take(byte[] bytes, int offset, int length) {
        bodyBytes += length;
        if ("gzip".equals(header("content-encoding"))) {
            gzip.feed(bytes, offset, length, this::takeDecoded);
        } else {
            takeDecoded(bytes, offset, length);
        }
        if (state == State.UNCHUNKED && bodyRest() == 0) {
            state = State.ENDED;
        }
    }

    private void takeDecoded(byte[] bytes, int offset, int length) {
        body.write(bytes, offset, length);
        if (isEventStream()) {
            parser.feed(bytes, offset, length);
        }
    }

    private String text() {
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    // ---- the head

    /** Whether the head is complete. */
    public boolean hasHead() {
        return !head.isEmpty();
    }

    /** The head as it was received, with the empty line; empty if it is not complete. */
    public String head() {
        return head;
    }

    /** The status; 0 if the head is not complete. */
    public int status() {
        return head.isEmpty() ? 0 : Integer.parseInt(head.substring(9, 12));
    }

    /**
     * The value of a header; null if the response has no such header.
     *
     * @param name its name in lower case
     */
    public @Nullable String header(String name) {
        for (String field : head.split("\r\n")) {
            int colon = field.indexOf(':');
            if (colon > 0 && field.substring(0, colon).toLowerCase(Locale.ROOT).equals(name)) {
                return field.substring(colon + 1).trim();
            }
        }
        return null;
    }

    /** Whether its content is an event stream. */
    public boolean isEventStream() {
        return "text/event-stream".equals(header("content-type"));
    }

    /** How many responses with status 100 were received before it. */
    public int interimResponses() {
        return interimResponses;
    }

    // ---- the body; the lists grow while the client reads

    /** All bytes of the body as text, without the framing of HTTP, and decoded if they are compressed. */
    public String body() {
        return body.toString(StandardCharsets.UTF_8);
    }

    /** All bytes of the body, without the framing of HTTP, and decoded if they are compressed. A copy. */
    public byte[] bodyBytes() {
        return body.toByteArray();
    }

    /** Whether the body has ended as HTTP requires: with the last chunk, or with its declared length. */
    public boolean hasEnded() {
        return state == State.ENDED;
    }

    /** The size of each chunk of the body. */
    public List<Integer> chunks() {
        return Collections.unmodifiableList(chunks);
    }

    /** All events. */
    public List<ReceivedEvent> events() {
        return Collections.unmodifiableList(events);
    }

    /** The data of all events. A copy. */
    public List<String> data() {
        return events.stream().map(ReceivedEvent::data).toList();
    }

    /** All comments, heartbeats included. */
    public List<String> comments() {
        return Collections.unmodifiableList(comments);
    }

    /** All reconnection times in milliseconds. A stream begins with one. */
    public List<Long> retries() {
        return Collections.unmodifiableList(retries);
    }

    /** Each value that the last event id has had. */
    public List<String> ids() {
        return Collections.unmodifiableList(ids);
    }

    /** The id that a client would send with a reconnect; empty if it has none. */
    public String lastEventId() {
        return parser.lastEventId();
    }

    private final class Records implements EventParser.Listener {
        @Override
        public void onEvent(String type, String data, String lastEventId) {
            events.add(new ReceivedEvent(type, data, lastEventId));
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
}
