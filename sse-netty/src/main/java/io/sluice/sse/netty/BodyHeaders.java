package io.sluice.sse.netty;

import java.util.Locale;

/**
 * Checks the headers that change the meaning of a request's body. {@link SseRequest#bodyText} reads a body as plain
 * UTF-8 and as a whole. So a body with another coding or charset, or a part of one, is rejected, and not read as other
 * data.
 */
final class BodyHeaders {

    private BodyHeaders() {}

    /** @throws HttpStatusException (415 or 400) if the body is not plain UTF-8, or is not a whole */
    static void check(SseRequest request) {
        for (String line : request.headerAll("content-encoding")) {
            for (String coding : line.split(",", -1)) {
                if (!coding.isBlank() && !coding.strip().equalsIgnoreCase("identity")) {
                    throw HttpStatusException.of(
                            415,
                            "a body with a Content-Encoding is not accepted; send it as it is",
                            "accept-encoding",
                            "identity");
                }
            }
        }
        for (String type : request.headerAll("content-type")) {
            checkCharset(type);
        }
        if (!request.headerAll("content-range").isEmpty()) {
            throw HttpStatusException.of(400, "a Content-Range is not accepted; send the whole body"); // RFC 9110, 14.4
        }
    }

    /** Checks each charset parameter of a media type (RFC 9110, section 8.3.1). */
    private static void checkCharset(String type) {
        int parameter = type.indexOf(';');
        while (parameter >= 0) {
            int next = endOfParameter(type, parameter + 1);
            String text = type.substring(parameter + 1, next < 0 ? type.length() : next);
            int equals = text.indexOf('=');
            if (equals >= 0 && text.substring(0, equals).strip().equalsIgnoreCase("charset")) {
                String charset = unquoted(text.substring(equals + 1).strip());
                if (!charset.equals("utf-8") && !charset.equals("utf8")) {
                    throw HttpStatusException.of(415, "the charset of a body must be UTF-8");
                }
            }
            parameter = next;
        }
    }

    /** The index of the next semicolon outside of quotes; -1 if there is none. */
    private static int endOfParameter(String type, int from) {
        boolean quoted = false;
        for (int i = from; i < type.length(); i++) {
            char c = type.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ';' && !quoted) {
                return i;
            }
        }
        return -1;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        String inner = quoted ? value.substring(1, value.length() - 1).replace("\\", "") : value;
        return inner.toLowerCase(Locale.ROOT);
    }
}
