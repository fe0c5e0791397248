package io.sluice.sse.wire;

import java.nio.charset.StandardCharsets;

/**
 * UTF-8 for event streams: computes lengths before it writes bytes, so that arrays have exactly the needed size, and
 * replaces errors exactly as the WHATWG Encoding standard does.
 */
final class Utf8 {
    static final int REPLACEMENT = 0xFFFD;

    private Utf8() {}

    /** The code point at the index, or U+FFFD for an unpaired surrogate. */
    static int scalarAt(String text, int index) {
        int codePoint = text.codePointAt(index);
        return Character.MIN_SURROGATE <= codePoint && codePoint <= Character.MAX_SURROGATE ? REPLACEMENT : codePoint;
    }

    static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (scalarAt(text, i) == REPLACEMENT) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    static int length(int scalar) {
        if (scalar < 0x80) {
            return 1;
        }
        if (scalar < 0x800) {
            return 2;
        }
        return scalar < 0x10000 ? 3 : 4;
    }

    /** Writes the code point and returns the index after it. */
    static int put(int scalar, byte[] out, int at) {
        int length = length(scalar);
        if (length == 1) {
            out[at] = (byte) scalar;
            return at + 1;
        }
        int rest = scalar;
        for (int i = at + length - 1; i > at; i--) {
            out[i] = (byte) (0x80 | (rest & 0x3F));
            rest >>>= 6;
        }
        // The number of leading ones is the number of bytes.
        out[at] = (byte) (0xF00 >>> length | rest);
        return at + length;
    }

    /** Decodes as "UTF-8 decode without BOM" of the WHATWG Encoding standard does. */
    static String decode(byte[] bytes, int from, int to) {
        String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        // The JDK follows the standard for valid input, but not in the number of U+FFFD for an error: for an encoded
        // surrogate the JDK gives one, the standard three.
        return text.indexOf(REPLACEMENT) < 0 ? text : decodeWithErrors(bytes, from, to);
    }

    private static String decodeWithErrors(byte[] bytes, int from, int to) {
        StringBuilder text = new StringBuilder(to - from);
        int at = from;
        while (at < to) {
            int scalar = scalarIn(bytes, at, to);
            if (scalar >= 0) {
                text.appendCodePoint(scalar);
                at += length(scalar);
            } else {
                text.append((char) REPLACEMENT);
                at -= scalar;
            }
        }
        return text.toString();
    }

    /** The code point at the index, or the negated length in bytes of one error. */
    private static int scalarIn(byte[] bytes, int at, int to) {
        int lead = bytes[at] & 0xFF;
        if (lead < 0x80) {
            return lead;
        }
        int length = lengthByLead(lead);
        int scalar = lead & (0xFF >>> (length + 1));
        for (int i = 1; i < length; i++) {
            int next = at + i < to ? bytes[at + i] & 0xFF : 0;
            // A byte that cannot follow is not part of the error: it may be a character or the lead byte of the next
            // sequence.
            if ((next & 0xC0) != 0x80 || (i == 1 && !canFollow(lead, next))) {
                return -i;
            }
            scalar = (scalar << 6) | (next & 0x3F);
        }
        return length == 1 ? -1 : scalar;
    }

    private static int lengthByLead(int lead) {
        if (lead < 0xC2 || lead > 0xF4) {
            return 1;
        }
        if (lead < 0xE0) {
            return 2;
        }
        return lead < 0xF0 ? 3 : 4;
    }

    /** Rules out overlong forms, surrogates and everything above U+10FFFF. */
    private static boolean canFollow(int lead, int next) {
        return switch (lead) {
            case 0xE0 -> next >= 0xA0;
            case 0xED -> next < 0xA0;
            case 0xF0 -> next >= 0x90;
            case 0xF4 -> next < 0x90;
            default -> true;
        };
    }
}
