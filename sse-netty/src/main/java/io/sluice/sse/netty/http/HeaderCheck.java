package io.sluice.sse.netty.http;

import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import java.util.Objects;

/** The check of a header that an application adds to a response. */
public final class HeaderCheck {

    private HeaderCheck() {}

    /**
     * Checks a header. The message omits the value: it may contain line breaks, or a secret.
     *
     * @throws IllegalArgumentException if the name or the value is not valid
     */
    public static void check(String name, String value) {
        Objects.requireNonNull(value, "value");
        if (Objects.requireNonNull(name, "header").isEmpty()
                || HttpHeaderValidationUtil.validateToken(name) >= 0
                || HttpHeaderValidationUtil.validateValidHeaderValue(value) >= 0) {
            throw new IllegalArgumentException(
                    "header: " + JsonText.quote(name) + " (expected: a token, and a value without control characters)");
        }
    }
}
