package io.sluice.sse.wire;

/**
 * Finds the lines of an event stream, in whatever chunks it comes. What ends a line is decided here, for the parser and
 * the encoder alike: CR, LF, or both in this order, and nothing else (WHATWG HTML, section 9.2.5); U+0085, U+2028 and
 * their like are letters.
 *
 * <p>It works on bytes, before they are decoded: no byte of a longer UTF-8 sequence looks like CR or LF, and an error
 * in the encoding never swallows one.
 */
final class LineScanner {
    private final BoundedBytes begun;
    private boolean afterCarriageReturn;

    LineScanner(int maxLineBytes) {
        this.begun = new BoundedBytes("a line of the stream", maxLineBytes);
    }

    static boolean isLineBreak(int unit) {
        return unit == '\n' || unit == '\r';
    }

    /** How many characters the line break takes that begins at the index. */
    static int lineBreakLength(String text, int index) {
        return text.charAt(index) == '\r' && index + 1 < text.length() && text.charAt(index + 1) == '\n' ? 2 : 1;
    }

    /** Hands over each line that ends in this chunk, and keeps the begun one for the next chunk. */
    void scan(byte[] chunk, int from, int to, LineConsumer lines) {
        int start = from;
        for (int i = from; i < to; i++) {
            byte unit = chunk[i];
            if (!isLineBreak(unit)) {
                afterCarriageReturn = false;
            } else if (unit == '\n' && afterCarriageReturn) {
                // The second half of CRLF; the line has ended with the first half, perhaps chunks ago.
                afterCarriageReturn = false;
                start = i + 1;
            } else {
                afterCarriageReturn = unit == '\r';
                end(chunk, start, i, lines);
                start = i + 1;
            }
        }
        begun.append(chunk, start, to);
    }

    /** Forgets the begun line. */
    void reset() {
        begun.clear();
        afterCarriageReturn = false;
    }

    private void end(byte[] chunk, int from, int to, LineConsumer lines) {
        if (begun.length() == 0) {
            begun.requireRoom(to - from);
            lines.line(chunk, from, to);
        } else {
            begun.append(chunk, from, to);
            int length = begun.length();
            begun.clear();
            lines.line(begun.array(), 0, length);
        }
    }

    /** Takes a line without its end; the array is lent for the call. */
    @FunctionalInterface
    interface LineConsumer {
        void line(byte[] bytes, int from, int to);
    }
}
