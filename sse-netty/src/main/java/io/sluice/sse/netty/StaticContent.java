package io.sluice.sse.netty;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32;

/** A response that never changes, with an ETag by which a client asks whether it has it. Immutable. */
final class StaticContent implements HttpRoute {

    private static final String SCRIPT = "/META-INF/resources/sluice-client/sluice-client.js";

    private final String tag;
    private final CompletionStage<RouteResponse> whole;
    private final CompletionStage<RouteResponse> unchanged;

    StaticContent(RouteResponse response) {
        if (response.status() != 200) {
            throw new IllegalArgumentException("content: status " + response.status() + " (expected: 200)");
        }
        tag = tag(response.body());
        RouteResponse tagged = response.with("etag", tag); // in place of a tag that the response has
        whole = tagged.completed();
        RouteResponse empty = RouteResponse.empty(304).withAdded(tagged.added());
        for (Map.Entry<String, String> header : tagged.headers().entrySet()) {
            if (!header.getKey().equalsIgnoreCase("content-type")) { // the others describe the copy that the client has
                empty = empty.with(header.getKey(), header.getValue());
            }
        }
        unchanged = empty.completed();
    }

    static StaticContent clientScript() {
        try (InputStream in = StaticContent.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + SCRIPT + " is missing in this build");
            }
            return new StaticContent(RouteResponse.of(200, "text/javascript; charset=utf-8", in.readAllBytes())
                    .with("cache-control", "no-cache"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public CompletionStage<RouteResponse> handle(SseRequest request) {
        return hasAlready(request) ? unchanged : whole;
    }

    private boolean hasAlready(SseRequest request) {
        return request.headerAll("if-none-match").stream()
                .flatMap(tags -> Arrays.stream(tags.split(",")))
                .map(known -> known.strip().replaceFirst("^W/", ""))
                .anyMatch(known -> known.equals(tag) || known.equals("*"));
    }

    private static String tag(byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return String.format("\"%08x-%x\"", sum.getValue(), bytes.length);
    }
}
