package io.sluice.sse.wire;

/**
 * Splits an event stream into lines, for chunks of any size. It defines line ends for the parser and the encoder: CR,
 * LF, or CR followed by LF, and nothing else (WHATWG HTML, section 9.2.5). U+0085, U+2028 and similar characters are
 * ordinary characters.
 *
 * <p>It works on bytes before decoding: no byte of a multi-byte UTF-8 sequence equals CR or LF, and an encoding error
 * never hides one.
 */
final class LineScanner {
    private final BoundedBytes unfinished;
    private boolean afterCarriageReturn;

    LineScanner(int maxLineBytes) {
        this.unfinished = new BoundedBytes("line of the stream", maxLineBytes);
    }

    static boolean isLineBreak(int unit) {
        return unit == '\n' || unit == '\r';
    }

    /** The number of characters of the line break at the index. */
    static int lineBreakLength(String text, int index) {
        return text.charAt(index) == '\r' && index + 1 < text.length() && text.charAt(index + 1) == '\n' ? 2 : 1;
    }

    /** Passes on each line that ends in this chunk, and keeps an unfinished line for the next chunk. */
    void scan(byte[] chunk, int from, int to, LineConsumer lines) {
        int start = from;
        for (int i = from; i < to; i++) {
            byte unit = chunk[i];
            if (!isLineBreak(unit)) {
                afterCarriageReturn = false;
            } else if (unit == '\n' && afterCarriageReturn) {
                // The second half of CRLF. The line ended with the first half, perhaps in an earlier chunk.
                afterCarriageReturn = false;
                start = i + 1;
            } else {
                afterCarriageReturn = unit == '\r';
                end(chunk, start, i, lines);
                start = i + 1;
            }
        }
        unfinished.append(chunk, start, to);
    }

    /** Discards the unfinished line. */
    void reset() {
        unfinished.clear();
        afterCarriageReturn = false;
    }

    private void end(byte[] chunk, int from, int to, LineConsumer lines) {
        if (unfinished.length() == 0) {
            unfinished.requireRoom(to - from);
            lines.line(chunk, from, to);
        } else {
            unfinished.append(chunk, from, to);
            int length = unfinished.length();
            unfinished.clear();
            lines.line(unfinished.array(), 0, length);
        }
    }

    /** Receives a line without its line end. The array is valid only during the call. */
    @FunctionalInterface
    interface LineConsumer {
        void line(byte[] bytes, int from, int to);
    }
}
