package io.sluice.sse.hub.log;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The form of an event that includes its topic: the data become one line of JSON, {@code {"topic":"…","data":"…"}},
 * with the data as a string. The rest of the block does not change, including id and name.
 *
 * <p>The envelope is made from the encoded bytes. They are valid UTF-8, so they can be copied except for the characters
 * that JSON requires to be escaped, see {@link JsonText}.
 */
final class Envelope {

    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TOPIC_START = "data: {\"topic\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA_START = "\",\"data\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LINE_FEED = "\\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TAB = "\\t".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\"}\n".getBytes(StandardCharsets.US_ASCII);

    private Envelope() {}

    /** @param block as the encoder writes it: whole lines, the data lines next to each other, and a blank line */
    static byte[] around(String topic, byte[] block) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(block.length + block.length / 8 + topic.length() + 32);
        boolean inData = false;
        for (int from = 0, next; from < block.length; from = next) {
            int end = endOfLine(block, from);
            next = end + 1;
            if (!startsWithData(block, from, end)) {
                if (inData) {
                    out.writeBytes(END);
                    inData = false;
                }
                out.write(block, from, next - from);
                continue;
            }
            if (inData) {
                out.writeBytes(LINE_FEED); // a client joins the data lines with a line feed
            } else {
                inData = true;
                byte[] name = topic.getBytes(StandardCharsets.UTF_8);
                out.writeBytes(TOPIC_START);
                writeEscaped(name, 0, name.length, out);
                out.writeBytes(DATA_START);
            }
            writeEscaped(block, from + DATA.length, end, out);
        }
        return out.toByteArray();
    }

    private static int endOfLine(byte[] block, int from) {
        int end = from;
        while (block[end] != '\n') {
            end++;
        }
        return end;
    }

    private static boolean startsWithData(byte[] block, int from, int end) {
        if (end - from < DATA.length) {
            return false;
        }
        for (int i = 0; i < DATA.length; i++) {
            if (block[from + i] != DATA[i]) {
                return false;
            }
        }
        return true;
    }

    private static void writeEscaped(byte[] text, int from, int to, ByteArrayOutputStream out) {
        int plain = from;
        for (int i = from; i < to; i++) {
            String escape = JsonText.escape(text[i]); // the bytes of longer characters are negative and need none
            if (escape != null) {
                out.write(text, plain, i - plain);
                out.writeBytes(shortForm(text[i], escape));
                plain = i + 1;
            }
        }
        out.write(text, plain, to - plain);
    }

    /** The short forms of the two control characters that are common in data. */
    private static byte[] shortForm(byte unit, String escape) {
        return switch (unit) {
            case '\n' -> LINE_FEED;
            case '\t' -> TAB;
            default -> escape.getBytes(StandardCharsets.US_ASCII);
        };
    }
}
