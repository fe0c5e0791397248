package io.sluice.sse.netty.http;

import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import java.util.Objects;

/** The check of a header that an application adds to a response. */
public final class HeaderCheck {

    private static final char LAST_ASCII = 0x7F;

    private HeaderCheck() {}

    /**
     * Checks a header. Its value must be ASCII: other characters would reach the client as question marks, or as
     * different bytes over different protocols. The message omits the value, which may contain line breaks, or a
     * secret.
     *
     * @throws IllegalArgumentException if the name or the value is not valid
     */
    public static void check(String name, String value) {
        Objects.requireNonNull(value, "value");
        if (Objects.requireNonNull(name, "header").isEmpty() || HttpHeaderValidationUtil.validateToken(name) >= 0) {
            throw invalid(name, "a name of letters, digits and !#$%&'*+-.^_`|~");
        }
        if (!isAscii(value)) {
            throw invalid(name, "a value of printable ASCII characters; this one has a character that is not ASCII");
        }
        if (HttpHeaderValidationUtil.validateValidHeaderValue(value) >= 0) {
            throw invalid(
                    name,
                    "a value of printable ASCII characters; this one has a control character, or begins with a blank");
        }
    }

    private static boolean isAscii(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (value.charAt(i) > LAST_ASCII) {
                return false;
            }
        }
        return true;
    }

    private static IllegalArgumentException invalid(String name, String expected) {
        return new IllegalArgumentException("header: " + JsonText.quote(name) + " (expected: " + expected + ")");
    }
}
