package io.sluice.sse.netty;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.concurrent.ThreadLocalRandom;

/** Every refusal as an answer: {@code application/problem+json} (RFC 9457), or what a browser survives. */
final class Problem {

    /** The least wait before it is spread: who is refused shall not be back at once, however soon streams may be. */
    private static final long LEAST_WAIT_MILLIS = 1_000;

    private Problem() {}

    static RouteResponse answer(HttpStatusException refusal) {
        RouteResponse answer = RouteResponse.of(
                refusal.status(),
                "application/problem+json",
                "{\"type\":\"about:blank\",\"title\":"
                        + quoted(HttpResponseStatus.valueOf(refusal.status()).reasonPhrase()) + ",\"status\":"
                        + refusal.status() + ",\"detail\":" + quoted(refusal.detail()) + "}");
        for (var header : refusal.headers().entrySet()) {
            answer = answer.with(header.getKey(), header.getValue());
        }
        return answer.with("cache-control", "no-store");
    }

    /** A stream that ends at once, after which an EventSource comes back by itself, apart from the others. */
    static RouteResponse comeBack(long retryMillis) {
        long wait = Math.max(LEAST_WAIT_MILLIS, retryMillis);
        long jittered = wait / 2 + ThreadLocalRandom.current().nextLong(wait);
        return RouteResponse.of(200, "text/event-stream", "retry: " + jittered + "\n\n")
                .with("cache-control", "no-store, no-transform")
                .with("x-accel-buffering", "no");
    }

    /** A JSON string (RFC 8259, section 7). */
    static String quoted(String text) {
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
