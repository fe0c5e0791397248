package io.sluice.sse.hub.log;

import org.jspecify.annotations.Nullable;

/** Writes JSON strings (RFC 8259, section 7). */
public final class JsonText {

    /** By character: the escapes that JSON requires, for the quotation mark, the backslash and control characters. */
    private static final @Nullable String[] ESCAPES = new @Nullable String['\\' + 1];

    static {
        for (int c = 0; c < ' '; c++) {
            ESCAPES[c] = String.format("\\u%04x", c);
        }
        ESCAPES['"'] = "\\\"";
        ESCAPES['\\'] = "\\\\";
    }

    private JsonText() {}

    /** Appends the text to {@code json} as a JSON string, with its quotation marks. */
    public static StringBuilder quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            String escape = escape(c);
            if (escape == null) {
                json.append(c);
            } else {
                json.append(escape);
            }
        }
        return json.append('"');
    }

    /** The escape of a character in a JSON string; null if it needs none. Bytes of a UTF-8 sequence need none. */
    static @Nullable String escape(int unit) {
        return unit >= 0 && unit < ESCAPES.length ? ESCAPES[unit] : null;
    }
}
