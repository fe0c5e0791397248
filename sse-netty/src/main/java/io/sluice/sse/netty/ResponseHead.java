package io.sluice.sse.netty;

import java.nio.charset.StandardCharsets;

/** Status line and headers of a stream as bytes, which are the same for every client. */
final class ResponseHead {

    private static final String COMMON = "content-type: text/event-stream\r\n"
            + "cache-control: no-store, no-transform\r\n"
            + "x-accel-buffering: no\r\n"
            + "x-content-type-options: nosniff\r\n";

    /**
     * For HTTP/1.1. The body is chunked, so the client can distinguish its end from a broken connection. The connection
     * closes after the stream and answers no request that follows. A client that does not know that would put the
     * connection back into its pool, and the next request would be lost (RFC 9112, section 9.6).
     */
    static final byte[] CHUNKED =
            ascii("HTTP/1.1 200 OK\r\n" + COMMON + "transfer-encoding: chunked\r\nconnection: close\r\n\r\n");

    /** For HTTP/1.0, which has no chunks. The stream ends with the connection. */
    static final byte[] UNTIL_CLOSE = ascii("HTTP/1.1 200 OK\r\n" + COMMON + "connection: close\r\n\r\n");

    private ResponseHead() {}

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
