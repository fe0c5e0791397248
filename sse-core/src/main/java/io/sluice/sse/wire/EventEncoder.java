package io.sluice.sse.wire;

import io.sluice.sse.Event;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Encodes an event as a block of a {@code text/event-stream} (WHATWG HTML, section 9.2.5): lines in UTF-8, each ended
 * by LF, and a blank line.
 *
 * <p>No text can forge a field or an event. Each line of data and comment gets its own prefix, whether the line before
 * it ends with CR, LF or CRLF. Single-line fields with a line break cannot be built. An unpaired surrogate is written
 * as U+FFFD.
 *
 * <p>Stateless, so it is thread-safe. Each returned array has exactly the needed size and belongs to the caller.
 */
public final class EventEncoder {
    private static final byte[] COMMENT = prefix(": ");
    private static final byte[] ID = prefix("id: ");
    private static final byte[] EVENT = prefix("event: ");
    private static final byte[] RETRY = prefix("retry: ");
    private static final byte[] DATA = prefix("data: ");

    /** Longer texts would need three large arrays at once, and encoding is then not their main cost. */
    static final int MAX_SINGLE_PASS_CHARS = 128 << 10;

    /** Up to this length a text is compared one character at a time, which needs no copy of it. */
    private static final int SHORT_CHARS = 256;

    /** A little less than {@link Integer#MAX_VALUE}, because some virtual machines store a header in arrays. */
    private static final int MAX_BLOCK_BYTES = Integer.MAX_VALUE - 8;

    private EventEncoder() {}

    /**
     * Encodes the whole block: retry, comment, id, event, data, blank line. Retry comes first, so the first block of a
     * stream starts with it. An event that is only a comment has no blank line: some clients take the blank line for
     * a message.
     *
     * @throws IllegalArgumentException if the block does not fit into an array, or if the event has nothing that a
     *     client could notice
     */
    public static byte[] encode(Event event) {
        if (event.id() == null && event.data() == null && event.retry() == null && event.comment() == null) {
            throw new IllegalArgumentException(event + ": nothing to send; it only removes a key from a topic");
        }
        boolean isComment = event.id() == null && event.data() == null && event.retry() == null && event.name() == null;
        return block(event, event.id(), 0, isComment ? 0 : 1);
    }

    /**
     * Encodes the block without its id, after free space for an {@link #idLine} that becomes known later. An id of the
     * event itself is ignored.
     *
     * @param reserve the number of bytes at the front of the array that stay unused
     * @throws IllegalArgumentException if reserve is negative, or if the block does not fit into an array
     */
    public static byte[] encodeBody(Event event, int reserve) {
        if (reserve < 0) {
            throw new IllegalArgumentException("reserve: " + reserve + " (expected: zero or more)");
        }
        return block(event, null, reserve, 1);
    }

    /**
     * Encodes the line with the id.
     *
     * @throws IllegalArgumentException if an event cannot have this id, see {@link Event.Builder#id}
     */
    public static byte[] idLine(String id) {
        // Sequencers pass ids that were never in an event. The rule for ids is the same, and only the builder has it.
        Event.builder().id(id);
        byte[] line = new byte[(int) sizeOf(ID, id)];
        put(ID, id, line, 0);
        return line;
    }

    private static byte[] block(Event event, @Nullable String id, int reserve, int blankLines) {
        Duration wait = event.retry();
        String retry = wait == null ? null : Long.toString(wait.toMillis());
        byte[] dataLine = event.data() == null ? null : bytesOfLine(event.data());
        long size = reserve
                + sizeOf(RETRY, retry)
                + sizeOf(COMMENT, event.comment())
                + sizeOf(ID, id)
                + sizeOf(EVENT, event.name())
                + (dataLine != null ? DATA.length + dataLine.length + 1 : sizeOf(DATA, event.data()))
                + blankLines;
        if (size > MAX_BLOCK_BYTES) {
            throw new IllegalArgumentException(
                    event + ": " + size + " bytes on the wire (expected: at most " + MAX_BLOCK_BYTES + ")");
        }
        byte[] block = new byte[(int) size];
        int at = put(RETRY, retry, block, reserve);
        at = put(COMMENT, event.comment(), block, at);
        at = put(ID, id, block, at);
        at = put(EVENT, event.name(), block, at);
        at = dataLine != null ? putLine(DATA, dataLine, block, at) : put(DATA, event.data(), block, at);
        Arrays.fill(block, at, block.length, (byte) '\n');
        assert at + blankLines == block.length : "measured " + block.length + ", written " + (at + blankLines);
        return block;
    }

    /**
     * Encodes a text without line breaks. The JDK encodes many characters at a time, while {@link #put} goes one by
     * one. Returns null for text with line breaks, for long text, and for text with an unpaired surrogate, which the
     * JDK would replace with a question mark.
     */
    private static byte @Nullable [] bytesOfLine(String text) {
        if (text.length() > MAX_SINGLE_PASS_CHARS || text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
            return null;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean isExact = bytes.length == text.length() // all of it is ASCII, or was replaced with a question mark
                ? isAscii(bytes, text)
                : !Utf8.hasLoneSurrogate(text);
        return isExact ? bytes : null;
    }

    /** Whether these bytes are the characters of the text, of which some may have been replaced. */
    private static boolean isAscii(byte[] bytes, String text) {
        if (bytes.length > SHORT_CHARS) {
            return new String(bytes, StandardCharsets.ISO_8859_1).equals(text);
        }
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '?' && text.charAt(i) != '?') {
                return false;
            }
        }
        return true;
    }

    private static int putLine(byte[] prefix, byte[] line, byte[] out, int start) {
        int at = putPrefix(prefix, out, start);
        System.arraycopy(line, 0, out, at, line.length);
        out[at + line.length] = '\n';
        return at + line.length + 1;
    }

    /** The number of bytes that {@link #put} writes: both walk the text in the same steps. */
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

    /** Writes the text with the prefix before each line, and returns the index after the last byte. */
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
