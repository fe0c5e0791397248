package io.sluice.sse.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Makes events of the bytes of a {@code text/event-stream}, exactly as WHATWG HTML, section 9.2.6 tells browsers to, in
 * whatever chunks they come. Nothing in a stream is an error, except that it is too long.
 *
 * <p>It keeps two things. What belongs to the connection (the begun line, the begun event, whether a byte order mark
 * may still come) is dropped by {@link #reset}. What belongs to the event source, the {@linkplain #lastEventId() last
 * event ID string}, stays, and a block without an id on the next connection leaves it as it is.
 *
 * <p>Memory is bounded: neither a line nor the data of an event may take more than {@code maxEventBytes}.
 *
 * <p>Not safe for use by several threads.
 */
public final class EventParser {
    /** What {@code maxEventBytes} is unless said otherwise: 16 MiB. */
    public static final int DEFAULT_MAX_EVENT_BYTES = 16 << 20;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final byte[] LINE_FEED = {'\n'};
    private static final byte[] EVENT = field("event");
    private static final byte[] DATA = field("data");
    private static final byte[] ID = field("id");
    private static final byte[] RETRY = field("retry");
    private static final int COPY_BYTES = 8192;

    private final Listener listener;

    // Of the event source.
    private String lastEventId = "";

    // Of the connection. The names of the three buffers are those of the specification.
    private final LineScanner lines;
    private final BoundedBytes dataBuffer;
    private String eventTypeBuffer = "";
    private String lastEventIdBuffer = "";
    private boolean inFirstLine = true;
    private boolean insideChunk;

    /** A parser with the {@linkplain #DEFAULT_MAX_EVENT_BYTES default bound}. */
    public EventParser(Listener listener) {
        this(listener, DEFAULT_MAX_EVENT_BYTES);
    }

    /**
     * A parser with its own bound.
     *
     * @param maxEventBytes the most bytes that a line of the stream may take, and the data of an event with a line feed
     *     for each of its lines
     * @throws IllegalArgumentException if the bound is not positive
     */
    public EventParser(Listener listener, int maxEventBytes) {
        if (maxEventBytes <= 0) {
            throw new IllegalArgumentException("maxEventBytes must be positive: " + maxEventBytes);
        }
        this.listener = Objects.requireNonNull(listener, "listener");
        this.lines = new LineScanner(maxEventBytes);
        this.dataBuffer = new BoundedBytes("the data of an event", maxEventBytes);
    }

    /**
     * Takes the next bytes of the stream and tells the listener what they complete, before it returns. The array is not
     * kept.
     *
     * @throws IndexOutOfBoundsException if the range is not within the array
     * @throws IllegalStateException if a line or an event exceeds {@code maxEventBytes}; or if an earlier call ended
     *     by an exception, also one of the listener, and {@link #reset} was not called since; or if it is the listener
     *     that calls
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

    /** As {@link #feed(byte[], int, int)}, with all that remains in the buffer; its position moves to its limit. */
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
     * Makes ready for the next connection: a line or an event that was not finished is discarded, as section 9.2.6
     * asks, and the last event ID string stays. Not to be called by the listener.
     */
    public void reset() {
        lines.reset();
        dataBuffer.clear();
        eventTypeBuffer = "";
        lastEventIdBuffer = lastEventId;
        inFirstLine = true;
        insideChunk = false;
    }

    /** The last event ID string: what a client names when it reconnects, or empty if there is none. */
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
            // Kept as bytes and decoded once: an error in the encoding ends with its line, so it comes to the same.
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

    /** Ignores all but digits. A number past the range of a long counts as the largest. */
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
        // Each data field, an empty one too, has left at least its line feed.
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

    /** Where the name of the field ends: at the colon, or at the end of the line. */
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
     * Hears what a stream says, in the order of the stream, on the thread that feeds the parser. What it throws goes to
     * the caller of {@code feed}, and the rest of that chunk is lost.
     */
    public interface Listener {
        /**
         * An event is complete.
         *
         * @param type its name, {@code message} if it has none
         * @param data its lines, joined with LF
         * @param lastEventId its id, or that of the last event before it that had one, or empty
         */
        void onEvent(String type, String data, String lastEventId);

        /** The server asks to wait this long before a reconnect. Comes at once, not with the event around it. */
        default void onRetry(long millis) {}

        /** A comment, without its colon and one space behind it. Comes at once, not with the event around it. */
        default void onComment(String comment) {}

        /** A block, with data or without, has changed the last event ID string. Comes before the event, if any. */
        default void onLastEventId(String lastEventId) {}
    }
}
