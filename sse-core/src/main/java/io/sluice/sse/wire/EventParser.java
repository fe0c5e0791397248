package io.sluice.sse.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Parses the bytes of a {@code text/event-stream} into events exactly as browsers do (WHATWG HTML, section 9.2.6). The
 * bytes may arrive in chunks of any size. No content is an error, except for lines or events that are too long.
 *
 * <p>The parser has two kinds of state. {@link #reset} drops the state of the connection: the unfinished line, the
 * unfinished event, and whether a byte order mark may still come. The state of the event source, the {@linkplain
 * #lastEventId() last event ID string}, stays, and blocks without an id on the next connection do not change it.
 *
 * <p>Memory is bounded: neither a line nor the data of an event may take more than {@code maxEventBytes}.
 *
 * <p>Not thread-safe.
 */
public final class EventParser {
    /** The default of {@code maxEventBytes}: 16 MiB. */
    public static final int DEFAULT_MAX_EVENT_BYTES = 16 << 20;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final byte[] LINE_FEED = {'\n'};
    private static final byte[] EVENT = field("event");
    private static final byte[] DATA = field("data");
    private static final byte[] ID = field("id");
    private static final byte[] RETRY = field("retry");
    private static final int COPY_BYTES = 8192;

    private final Listener listener;

    // State of the event source.
    private String lastEventId = "";

    // State of the connection. The names of the three buffers are those of the specification.
    private final LineScanner lines;
    private final BoundedBytes dataBuffer;
    private String eventTypeBuffer = "";
    private String lastEventIdBuffer = "";
    private boolean inFirstLine = true;
    private boolean insideChunk;

    /** Creates a parser with the {@linkplain #DEFAULT_MAX_EVENT_BYTES default limit}. */
    public EventParser(Listener listener) {
        this(listener, DEFAULT_MAX_EVENT_BYTES);
    }

    /**
     * Creates a parser with its own limit.
     *
     * @param maxEventBytes the maximum bytes of a line of the stream, and of the data of an event including one line
     *     feed for each of its lines
     * @throws IllegalArgumentException if the limit is not positive
     */
    public EventParser(Listener listener, int maxEventBytes) {
        if (maxEventBytes <= 0) {
            throw new IllegalArgumentException("maxEventBytes: " + maxEventBytes + " (expected: more than zero)");
        }
        this.listener = Objects.requireNonNull(listener, "listener");
        this.lines = new LineScanner(maxEventBytes);
        this.dataBuffer = new BoundedBytes("data of an event", maxEventBytes);
    }

    /**
     * Parses the next bytes of the stream, and calls the listener for everything that they complete before it returns.
     * The array is not kept.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     * @throws IllegalStateException if a line or an event exceeds {@code maxEventBytes}; if an earlier call ended with
     *     an exception (also one of the listener) and {@link #reset} was not called since; or if the listener itself
     *     calls this method
     */
    public void feed(byte[] bytes, int off, int len) {
        Objects.checkFromIndexSize(off, len, bytes.length);
        if (insideChunk) {
            throw new IllegalStateException("the last chunk was not read to its end: it held too long an event, or the"
                    + " listener threw, or it is the listener that calls; allowed then is reset()");
        }
        insideChunk = true;
        lines.scan(bytes, off, off + len, this::line);
        insideChunk = false;
    }

    /** As {@link #feed(byte[], int, int)}, with all remaining bytes of the buffer; its position moves to its limit. */
    public void feed(ByteBuffer bytes) {
        if (bytes.hasArray()) {
            int off = bytes.arrayOffset() + bytes.position();
            int len = bytes.remaining();
            bytes.position(bytes.limit());
            feed(bytes.array(), off, len);
            return;
        }
        byte[] copy = new byte[Math.min(bytes.remaining(), COPY_BYTES)];
        while (bytes.hasRemaining()) {
            int len = Math.min(bytes.remaining(), copy.length);
            bytes.get(copy, 0, len);
            feed(copy, 0, len);
        }
    }

    /**
     * Prepares the parser for the next connection. An unfinished line or event is discarded, as section 9.2.6 requires;
     * the last event ID string stays. The listener must not call this method.
     */
    public void reset() {
        lines.reset();
        dataBuffer.clear();
        eventTypeBuffer = "";
        lastEventIdBuffer = lastEventId;
        inFirstLine = true;
        insideChunk = false;
    }

    /** The last event ID string, which a client sends when it reconnects; empty if there is none. */
    public String lastEventId() {
        return lastEventId;
    }

    private void line(byte[] bytes, int start, int to) {
        int from = start;
        if (inFirstLine) {
            inFirstLine = false;
            from += startsWithByteOrderMark(bytes, start, to) ? BYTE_ORDER_MARK.length : 0;
        }
        if (from == to) {
            dispatch();
            return;
        }
        int colon = indexOfColon(bytes, from, to);
        int value = Math.min(colon + 1, to);
        if (value < to && bytes[value] == ' ') {
            value++;
        }
        if (colon == from) {
            listener.onComment(Utf8.decode(bytes, value, to));
        } else {
            field(bytes, from, colon, value, to);
        }
    }

    private void field(byte[] bytes, int from, int colon, int value, int to) {
        if (Arrays.equals(bytes, from, colon, DATA, 0, DATA.length)) {
            // Kept as bytes and decoded once. The result is the same, because an encoding error never extends beyond
            // its line.
            dataBuffer.append(bytes, value, to);
            dataBuffer.append(LINE_FEED, 0, 1);
        } else if (Arrays.equals(bytes, from, colon, EVENT, 0, EVENT.length)) {
            eventTypeBuffer = Utf8.decode(bytes, value, to);
        } else if (Arrays.equals(bytes, from, colon, ID, 0, ID.length)) {
            String id = Utf8.decode(bytes, value, to);
            lastEventIdBuffer = id.indexOf('\0') < 0 ? id : lastEventIdBuffer;
        } else if (Arrays.equals(bytes, from, colon, RETRY, 0, RETRY.length)) {
            retry(bytes, value, to);
        }
    }

    /**
     * Ignores values with other characters than digits. A number above the range of a long counts as the largest long.
     */
    private void retry(byte[] bytes, int from, int to) {
        long millis = 0;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return;
            }
            millis = millis > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : 10 * millis + digit;
        }
        if (from < to) {
            listener.onRetry(millis);
        }
    }

    private void dispatch() {
        String type = eventTypeBuffer.isEmpty() ? "message" : eventTypeBuffer;
        eventTypeBuffer = "";
        if (!lastEventIdBuffer.equals(lastEventId)) {
            lastEventId = lastEventIdBuffer;
            listener.onLastEventId(lastEventId);
        }
        // Each data field, even an empty one, adds at least its line feed.
        if (dataBuffer.length() > 0) {
            String data = Utf8.decode(dataBuffer.array(), 0, dataBuffer.length() - 1);
            dataBuffer.clear();
            listener.onEvent(type, data, lastEventId);
        }
    }

    private static boolean startsWithByteOrderMark(byte[] bytes, int from, int to) {
        int end = from + BYTE_ORDER_MARK.length;
        return end <= to && Arrays.equals(bytes, from, end, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
    }

    /** The end of the field name: the colon, or the end of the line. */
    private static int indexOfColon(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] != ':') {
            i++;
        }
        return i;
    }

    private static byte[] field(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Receives the content of a stream in the order of the stream, on the thread that feeds the parser. If it throws,
     * the exception goes to the caller of {@code feed}, and the rest of that chunk is lost.
     */
    public interface Listener {
        /**
         * An event is complete.
         *
         * @param type its name; {@code message} if it has none
         * @param data its lines, joined with LF
         * @param lastEventId its id; otherwise the id of the last event before it that had one; otherwise empty
         */
        void onEvent(String type, String data, String lastEventId);

        /**
         * The server asks the client to wait this long before it reconnects. Called at once, before the surrounding
         * event is complete.
         */
        default void onRetry(long millis) {}

        /**
         * A comment, without its colon and without the one space after it. Called at once, before the surrounding event
         * is complete.
         */
        default void onComment(String comment) {}

        /**
         * A block, with or without data, has changed the last event ID string. Called before the event of that block,
         * if it has one.
         */
        default void onLastEventId(String lastEventId) {}
    }
}
