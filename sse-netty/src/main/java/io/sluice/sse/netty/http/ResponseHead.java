package io.sluice.sse.netty.http;

import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Status line and headers of a stream: as bytes, which are the same for every client whose route adds no header, or as
 * a response for the handlers of an application's pipeline.
 */
public final class ResponseHead {

    private static final List<Map.Entry<String, String>> COMMON = List.of(
            Map.entry("content-type", "text/event-stream"),
            Map.entry("cache-control", "no-store, no-transform"),
            Map.entry("x-accel-buffering", "no"),
            Map.entry("x-content-type-options", "nosniff"));

    /** The headers that the stream depends on, in addition to the common ones. */
    private static final Set<String> FRAMING = Set.of(
            "connection",
            "content-encoding",
            "content-length",
            "content-range",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /**
     * For HTTP/1.1. The body is chunked, so the client can distinguish its end from a broken connection. The connection
     * closes after the stream and answers no request that follows. A client that does not know that would put the
     * connection back into its pool, and the next request would be lost (RFC 9112, section 9.6).
     */
    private static final byte[] CHUNKED = render(true, List.of());

    /** For HTTP/1.0, which has no chunks. The stream ends with the connection. */
    private static final byte[] UNTIL_CLOSE = render(false, List.of());

    private ResponseHead() {}

    /** The head as bytes, with the headers of the route. The caller must not change them. */
    public static byte[] bytes(boolean chunked, List<Map.Entry<String, String>> more) {
        if (more.isEmpty()) {
            return chunked ? CHUNKED : UNTIL_CLOSE;
        }
        return render(chunked, more);
    }

    private static byte[] render(boolean chunked, List<Map.Entry<String, String>> more) {
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        COMMON.forEach(header -> append(head, header));
        more.forEach(header -> append(head, header));
        if (chunked) {
            append(head, Map.entry("transfer-encoding", "chunked"));
        }
        append(head, Map.entry("connection", "close"));
        return head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void append(StringBuilder head, Map.Entry<String, String> header) {
        head.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
    }

    /** The head for HTTP/2, whose frames need no header for the length or the end. With the headers of the route. */
    public static Http2Headers http2(List<Map.Entry<String, String>> more) {
        Http2Headers head = new DefaultHttp2Headers().status("200");
        COMMON.forEach(header -> head.add(header.getKey(), header.getValue()));
        more.forEach(header -> head.add(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
        return head;
    }

    /**
     * The head as a response, with the headers of the route. The encoding, identity if the stream has none, keeps
     * a compressor of the pipeline away; {@link #secure} removes it.
     */
    public static HttpResponse response(boolean chunked, List<Map.Entry<String, String>> more) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        HttpHeaders headers = response.headers();
        COMMON.forEach(header -> headers.set(header.getKey(), header.getValue()));
        more.forEach(header -> headers.add(header.getKey(), header.getValue()));
        setFraming(headers, chunked);
        if (!headers.contains(HttpHeaderNames.CONTENT_ENCODING)) {
            headers.set(HttpHeaderNames.CONTENT_ENCODING, HttpHeaderValues.IDENTITY);
        }
        return response;
    }

    /** Restores the headers that the stream depends on, whatever the handlers of the pipeline have changed. */
    public static void secure(HttpHeaders headers, boolean chunked, boolean compressed) {
        ensure(headers, HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        if (compressed) {
            ensure(headers, HttpHeaderNames.CONTENT_ENCODING, "gzip");
        } else {
            headers.remove(HttpHeaderNames.CONTENT_ENCODING);
        }
        headers.remove(HttpHeaderNames.CONTENT_LENGTH);
        setFraming(headers, chunked);
    }

    private static void setFraming(HttpHeaders headers, boolean chunked) {
        if (chunked) {
            ensure(headers, HttpHeaderNames.TRANSFER_ENCODING, "chunked");
        } else {
            headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
        }
        ensure(headers, HttpHeaderNames.CONNECTION, "close");
    }

    /** Sets a header unless it has this value already, so that the order of the headers stays. */
    private static void ensure(HttpHeaders headers, CharSequence name, String value) {
        if (!headers.getAll(name).equals(List.of(value))) {
            headers.set(name, value);
        }
    }

    /**
     * Checks a header that a route adds to a stream.
     *
     * @throws IllegalArgumentException if it is not a valid header, or if the library sets it
     */
    public static void checkAdded(String name, String value) {
        HeaderCheck.check(name, value);
        String lower = name.toLowerCase(Locale.ROOT);
        if (FRAMING.contains(lower)
                || COMMON.stream().anyMatch(header -> header.getKey().equals(lower))) {
            throw new IllegalArgumentException(
                    "header: \"" + lower + "\" (expected: a header that a stream does not set itself)");
        }
    }
}
