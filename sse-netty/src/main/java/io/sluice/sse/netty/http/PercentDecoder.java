package io.sluice.sse.netty.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Percent-decoding (RFC 3986, section 2.1) that rejects invalid input. The decoders of Netty and the JDK silently
 * replace invalid UTF-8, so two different names could become one topic.
 */
public final class PercentDecoder {

    /** The parameter whose value is never rejected, because an invalid event id is a gap and not an error. */
    public static final String LAST_EVENT_ID = "lastEventId";

    /** The JDK decodes invalid bytes to this character. */
    private static final char REPLACEMENT = '\uFFFD';

    private PercentDecoder() {}

    /**
     * Decodes a path. A plus stays a plus.
     *
     * @throws InvalidRequestException (400) if it cannot be decoded
     */
    public static String decodePath(String raw) {
        return decode(raw, false);
    }

    /**
     * Decodes a query. The names are in the order of their first occurrence.
     *
     * @throws InvalidRequestException (400) if it cannot be decoded
     */
    static Map<String, List<String>> decodeQuery(String query) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&")) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals), true);
            String raw = equals < 0 ? "" : pair.substring(equals + 1);
            String value = name.equals(LAST_EVENT_ID) ? decodeOrKeep(raw) : decode(raw, true);
            parameters.computeIfAbsent(name, ignored -> new ArrayList<>(1)).add(value);
        }
        return parameters;
    }

    private static String decodeOrKeep(String raw) {
        try {
            return decode(raw, true);
        } catch (InvalidRequestException e) {
            return raw;
        }
    }

    private static String decode(String raw, boolean plusIsSpace) {
        if (raw.indexOf('%') < 0 && (!plusIsSpace || raw.indexOf('+') < 0) && isAscii(raw)) {
            return raw;
        }
        byte[] bytes = new byte[raw.length()];
        int length = 0;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                if (i + 2 >= raw.length() || hex(raw.charAt(i + 1)) < 0 || hex(raw.charAt(i + 2)) < 0) {
                    throw new InvalidRequestException(
                            400, "the request target has a % that is not followed by two hexadecimal digits");
                }
                bytes[length++] = (byte) ((hex(raw.charAt(i + 1)) << 4) | hex(raw.charAt(i + 2)));
                i += 2;
            } else {
                // Netty decodes the request line as Latin-1, so each raw byte is one character.
                bytes[length++] = (byte) (c == '+' && plusIsSpace ? ' ' : c);
            }
        }
        return utf8(Arrays.copyOf(bytes, length));
    }

    /**
     * Decodes UTF-8.
     *
     * @throws InvalidRequestException (400) if the bytes are not UTF-8
     */
    public static String utf8(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) < 0) {
            return text;
        }
        try { // either the text contains that character, or the bytes are not UTF-8
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new InvalidRequestException(400, "the request has bytes that are not UTF-8");
        }
    }

    public static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static int hex(char c) {
        return Character.digit(c, 16);
    }
}
