package io.sluice.sse.wire;

import io.sluice.sse.Event;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Makes the bytes of an event as they stand in a {@code text/event-stream} (WHATWG HTML, section 9.2.5): a block of
 * lines in UTF-8, each ended by LF, and a blank line.
 *
 * <p>No text can forge a field or an event: each line of data and comment gets its own prefix, wherever CR, LF or CRLF
 * begins one, and single-line fields that hold a line break cannot be built. A surrogate without its other half is
 * written as U+FFFD.
 *
 * <p>Stateless, hence safe for use by several threads. Each array is made to measure and belongs to the caller.
 */
public final class EventEncoder {
    private static final byte[] COMMENT = prefix(": ");
    private static final byte[] ID = prefix("id: ");
    private static final byte[] EVENT = prefix("event: ");
    private static final byte[] RETRY = prefix("retry: ");
    private static final byte[] DATA = prefix("data: ");

    /** Longer texts would make three large arrays at once, and the rest of what they cost is more. */
    static final int MOST_AT_ONCE = 128 << 10;

    /** A little less than {@link Integer#MAX_VALUE}, as some virtual machines keep a header in their arrays. */
    private static final int MAX_BLOCK_BYTES = Integer.MAX_VALUE - 8;

    private EventEncoder() {}

    /**
     * The whole block: retry, comment, id, event, data, blank line. So the block that a stream begins with says retry first.
     *
     * @throws IllegalArgumentException if the block would not fit into an array
     */
    public static byte[] encode(Event event) {
        return block(event, event.id(), 0);
    }

    /**
     * The block without its id, behind a gap for an {@link #idLine} that becomes known later. An id of the event itself
     * is left out.
     *
     * @param reserve how many bytes at the front of the array stay unused
     * @throws IllegalArgumentException if reserve is negative, or if the block would not fit into an array
     */
    public static byte[] encodeBody(Event event, int reserve) {
        if (reserve < 0) {
            throw new IllegalArgumentException("reserve must not be negative: " + reserve);
        }
        return block(event, null, reserve);
    }

    /**
     * The line that carries the id.
     *
     * @throws IllegalArgumentException if the id is none that an event can have, see {@link Event.Builder#id}
     */
    public static byte[] idLine(String id) {
        // Ids come here from sequencers, past any event; the rule for them is the same and stands in one place.
        Event.builder().id(id);
        byte[] line = new byte[(int) sizeOf(ID, id)];
        put(ID, id, line, 0);
        return line;
    }

    private static byte[] block(Event event, @Nullable String id, int reserve) {
        Duration wait = event.retry();
        String retry = wait == null ? null : Long.toString(wait.toMillis());
        byte[] dataLine = event.data() == null ? null : bytesOfLine(event.data());
        long size = reserve
                + sizeOf(RETRY, retry)
                + sizeOf(COMMENT, event.comment())
                + sizeOf(ID, id)
                + sizeOf(EVENT, event.name())
                + (dataLine != null ? DATA.length + dataLine.length + 1 : sizeOf(DATA, event.data()))
                + 1;
        if (size > MAX_BLOCK_BYTES) {
            throw new IllegalArgumentException(
                    event + " takes " + size + " bytes on the wire; allowed are " + MAX_BLOCK_BYTES);
        }
        byte[] block = new byte[(int) size];
        int at = put(RETRY, retry, block, reserve);
        at = put(COMMENT, event.comment(), block, at);
        at = put(ID, id, block, at);
        at = put(EVENT, event.name(), block, at);
        at = dataLine != null ? putLine(DATA, dataLine, block, at) : put(DATA, event.data(), block, at);
        block[at] = '\n';
        assert at + 1 == block.length : "measured " + block.length + ", written " + (at + 1);
        return block;
    }

    /**
     * A text without line breaks, by loops of the JDK that take many characters at a time, while {@link #put} goes one by one. Null
     * for others, and for those in which a surrogate lacks its other half: the JDK would write a question mark.
     */
    private static byte @Nullable [] bytesOfLine(String text) {
        if (text.length() > MOST_AT_ONCE || text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
            return null;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean isRight = bytes.length == text.length() // all of it is ASCII, or has become a question mark
                ? new String(bytes, StandardCharsets.ISO_8859_1).equals(text)
                : !Utf8.hasLoneSurrogate(text);
        return isRight ? bytes : null;
    }

    private static int putLine(byte[] prefix, byte[] line, byte[] out, int start) {
        int at = putPrefix(prefix, out, start);
        System.arraycopy(line, 0, out, at, line.length);
        out[at + line.length] = '\n';
        return at + line.length + 1;
    }

    /** What {@link #put} will write: both walk the text in the same steps. */
    private static long sizeOf(byte[] prefix, @Nullable String text) {
        if (text == null) {
            return 0;
        }
        long lines = 1;
        long size = 0;
        int i = 0;
        while (i < text.length()) {
            char unit = text.charAt(i);
            if (LineScanner.isLineBreak(unit)) {
                lines++;
                i += LineScanner.lineBreakLength(text, i);
            } else if (unit < 0x80) {
                size++;
                i++;
            } else {
                int scalar = Utf8.scalarAt(text, i);
                size += Utf8.length(scalar);
                i += Character.charCount(scalar);
            }
        }
        return size + lines * (prefix.length + 1);
    }

    /** Writes the text, each of its lines behind the prefix, and returns the index behind it. */
    private static int put(byte[] prefix, @Nullable String text, byte[] out, int start) {
        if (text == null) {
            return start;
        }
        int at = putPrefix(prefix, out, start);
        int i = 0;
        while (i < text.length()) {
            char unit = text.charAt(i);
            if (LineScanner.isLineBreak(unit)) {
                out[at] = '\n';
                at = putPrefix(prefix, out, at + 1);
                i += LineScanner.lineBreakLength(text, i);
            } else if (unit < 0x80) {
                out[at++] = (byte) unit;
                i++;
            } else {
                int scalar = Utf8.scalarAt(text, i);
                at = Utf8.put(scalar, out, at);
                i += Character.charCount(scalar);
            }
        }
        out[at] = '\n';
        return at + 1;
    }

    private static int putPrefix(byte[] prefix, byte[] out, int at) {
        System.arraycopy(prefix, 0, out, at, prefix.length);
        return at + prefix.length;
    }

    private static byte[] prefix(String field) {
        return field.getBytes(StandardCharsets.US_ASCII);
    }
}
