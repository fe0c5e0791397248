package io.sluice.sse.hub.log;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The form of an event that tells its topic: its data become one line of JSON, {@code {"topic":"…","data":"…"}}, in which the
 * data are a string. Everything else of the block stays as it is, id and name included.
 *
 * <p>Made out of the bytes of the wire, which are valid UTF-8, so that only what JSON wants escaped has to be looked for
 * (RFC 8259, section 7: quotation mark, reverse solidus, and the control characters below U+0020).
 */
final class Envelope {

    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TOPIC_IS = "data: {\"topic\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA_ARE = "\",\"data\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] END = "\"}\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private Envelope() {}

    /** @param block as the encoder writes it: whole lines, the data ones next to each other, a blank line */
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
                writeEscaped('\n', out); // a client joins the lines with it
            } else {
                inData = true;
                byte[] name = topic.getBytes(StandardCharsets.UTF_8);
                out.writeBytes(TOPIC_IS);
                writeEscaped(name, 0, name.length, out);
                out.writeBytes(DATA_ARE);
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
            byte unit = text[i];
            // Bytes of longer characters are negative.
            if (unit == '"' || unit == '\\' || (unit >= 0 && unit < ' ')) {
                out.write(text, plain, i - plain);
                writeEscaped(unit, out);
                plain = i + 1;
            }
        }
        out.write(text, plain, to - plain);
    }

    private static void writeEscaped(int unit, ByteArrayOutputStream out) {
        out.write('\\');
        switch (unit) {
            case '"', '\\' -> out.write(unit);
            case '\n' -> out.write('n');
            case '\t' -> out.write('t');
            default -> {
                out.write('u');
                out.write('0');
                out.write('0');
                out.write(HEX[unit >> 4]);
                out.write(HEX[unit & 15]);
            }
        }
    }
}
