package io.sluice.sse.hub.log;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The ids that a hub assigns: ten characters of epoch, {@code -}, and eleven characters of position. Epoch and position
 * are in base 32, with digits in ASCII order. The width is fixed, so ids have the same order as their positions. The
 * characters are within {@code A-Za-z0-9-}, so a browser that reconnects needs no CORS preflight (Fetch standard,
 * CORS-safelisted request-header). Immutable.
 */
public final class EventIds {

    static final int LENGTH = 22;
    private static final int EPOCH_DIGITS = 10;
    private static final int POSITION_DIGITS = 11;
    private static final byte[] DIGITS = "0123456789abcdefghijklmnopqrstuv".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LINE_START = "id: ".getBytes(StandardCharsets.US_ASCII);

    /** The last position that has an id. A million events per second reach it after a thousand years. */
    static final long MAX_POSITION = (1L << (5 * POSITION_DIGITS)) - 1;

    /** The bytes of an id line, including the line feed. */
    static final int LINE_BYTES = LINE_START.length + LENGTH + 1;

    private final long epoch;
    private final byte[] linePrefix;

    /** @param epoch identifies one run of one hub; its lower 50 bits are used */
    EventIds(long epoch) {
        this.epoch = epoch & ((1L << (5 * EPOCH_DIGITS)) - 1);
        linePrefix = new byte[LINE_START.length + EPOCH_DIGITS + 1];
        System.arraycopy(LINE_START, 0, linePrefix, 0, LINE_START.length);
        writeDigits(this.epoch, linePrefix, LINE_START.length, EPOCH_DIGITS);
        linePrefix[linePrefix.length - 1] = '-';
    }

    /** The text of the id at {@code position}. */
    String text(long position) {
        byte[] bytes = new byte[LENGTH];
        System.arraycopy(linePrefix, LINE_START.length, bytes, 0, EPOCH_DIGITS + 1);
        writeDigits(position, bytes, EPOCH_DIGITS + 1, POSITION_DIGITS);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Writes the part of the id line before the position. A publisher does this outside the hub's lock. */
    void writeLinePrefix(byte[] wire) {
        System.arraycopy(linePrefix, 0, wire, 0, linePrefix.length);
    }

    /** Writes the rest of the id line: the position and the line feed. */
    void writeLinePosition(byte[] wire, long position) {
        writeDigits(position, wire, linePrefix.length, POSITION_DIGITS);
        wire[LINE_BYTES - 1] = '\n';
    }

    /** Whether {@code id} has the format of ids that a hub assigns, this hub or another. */
    static boolean hasHubFormat(String id) {
        if (id.length() != LENGTH || id.charAt(EPOCH_DIGITS) != '-') {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            if (i != EPOCH_DIGITS && digit(id.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }

    /** The position of an id of this hub; null if the id has another format or another epoch. */
    @Nullable
    Long positionOf(String id) {
        if (!hasHubFormat(id) || read(id, 0, EPOCH_DIGITS) != epoch) {
            return null;
        }
        return read(id, EPOCH_DIGITS + 1, LENGTH);
    }

    private static long read(String id, int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            value = value << 5 | digit(id.charAt(i));
        }
        return value;
    }

    private static int digit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
    }

    private static void writeDigits(long value, byte[] into, int offset, int count) {
        long rest = value;
        for (int i = offset + count - 1; i >= offset; i--) {
            into[i] = DIGITS[(int) rest & 31];
            rest >>>= 5;
        }
    }
}
