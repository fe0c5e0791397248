package io.sluice.sse.netty;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a server has sent on one stream of an HTTP/2 connection. Its frames are parsed as if they were chunks of an
 * HTTP/1.1 response, so that both protocols share one strict parser.
 */
final class Http2ClientStream {

    /** RFC 9113, section 8.2.2. */
    private static final Set<String> OF_A_CONNECTION =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    final Map<String, String> headers = new HashMap<>();
    final RawStream response = new RawStream();
    /** The bytes of the body as received, whatever their coding. */
    int bodyBytes;

    boolean ended;

    @Nullable
    Integer reset;

    /** Bytes for which the client has granted no window again. */
    int owedWindow;

    int status() {
        return response.status();
    }

    boolean isOver() {
        return ended || reset != null;
    }

    String body() {
        return response.body();
    }

    List<String> data() {
        return response.data();
    }

    void takeHead(Iterable<Map.Entry<String, String>> fields, boolean ends) {
        StringBuilder head = new StringBuilder();
        for (Map.Entry<String, String> field : fields) {
            if (OF_A_CONNECTION.contains(field.getKey())) {
                throw new AssertionError("a header of HTTP/1.1 connections over HTTP/2: " + field);
            }
            headers.put(field.getKey(), field.getValue());
            if (!field.getKey().startsWith(":")) {
                head.append(field.getKey())
                        .append(": ")
                        .append(field.getValue())
                        .append("\r\n");
            }
        }
        String status = headers.get(":status");
        boolean interim = "100".equals(status);
        feed(("HTTP/2.0 " + status + " \r\n" + head + (interim ? "" : "transfer-encoding: chunked\r\n") + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        takeEnd(ends);
    }

    void takeData(byte[] payload, boolean ends) {
        bodyBytes += payload.length;
        if (payload.length > 0) {
            feed((Integer.toHexString(payload.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            feed(payload);
            feed("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        takeEnd(ends);
    }

    private void takeEnd(boolean ends) {
        if (ends) {
            ended = true;
            feed("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private void feed(byte[] bytes) {
        if (response.feed(bytes, 0, bytes.length) < bytes.length) {
            throw new AssertionError("bytes after the end of a stream");
        }
    }
}
