package io.sluice.sse.netty.http;

/** Writes JSON strings. */
public final class JsonText {

    private JsonText() {}

    /**
     * The text as a JSON string with its quotes (RFC 8259, section 7). Control characters, surrogates and the line
     * separators of JavaScript are escaped, so the result is safe in one line of a log, too.
     */
    public static String quote(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f || Character.isSurrogate(c) || c == '\u2028' || c == '\u2029') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
