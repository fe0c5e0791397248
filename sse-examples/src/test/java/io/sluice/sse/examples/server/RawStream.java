package io.sluice.sse.examples.server;

import io.sluice.sse.test.SseTestClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The client of the test kit, for tests that compare the text of a stream, chunk by chunk. */
final class RawStream extends SseTestClient {

    /** The headers by which an EventSource is known. */
    static final String EVENT_SOURCE = "Accept: text/event-stream\r\nCache-Control: no-cache\r\nSec-Fetch-Mode: cors";

    // The part of the body that the test has read and not discarded, and the chunks that it has read.
    private int from;
    private int to;
    private int chunks;

    private RawStream(int port) throws IOException {
        super(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** Sends a request with these lines. */
    static RawStream send(int port, String... lines) throws IOException {
        RawStream stream = new RawStream(port);
        stream.send(String.join("\r\n", lines) + "\r\n\r\n");
        return stream;
    }

    /** Requests a stream. */
    static RawStream get(int port, String target, String... headers) throws IOException {
        RawStream stream = new RawStream(port);
        stream.get(target, headers);
        return stream;
    }

    /** Returns the status line and headers in lower case. */
    String head() throws IOException {
        awaitHead();
        return response().head().toLowerCase(Locale.ROOT);
    }

    /** Reads the body until it contains this text, and returns all of it so far. */
    String until(String text) throws IOException {
        while (!seen().contains(text)) {
            if (!more()) {
                throw new AssertionError("ended without \"" + text + "\": " + seen());
            }
        }
        return seen();
    }

    /** Reads the first block of a stream and discards it. */
    String firstBlock() throws IOException {
        String text = until("\n\n");
        String block = text.substring(0, text.indexOf("\n\n") + 2);
        from += block.getBytes(StandardCharsets.UTF_8).length;
        return block;
    }

    /** Reads to the end of the stream. */
    String toEnd() throws IOException {
        while (more()) {}
        return seen();
    }

    /** Returns whether the stream ended with its last chunk and was not cut. */
    boolean hasLastChunk() {
        return response().hasEnded();
    }

    private String seen() {
        return new String(response().bodyBytes(), from, to - from, StandardCharsets.UTF_8);
    }

    /** Reads one more chunk, or one more byte of a body without chunks. @return false at the end */
    private boolean more() throws IOException {
        awaitHead(); // only the head says whether the body has chunks
        boolean chunked = response().head().toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
        await(() -> hasEnded() || response().bodyBytes().length > to, "more of the body");
        if (response().bodyBytes().length <= to) {
            return false;
        }
        int end = to + (chunked ? response().chunks().get(chunks++) : 1);
        await(() -> hasEnded() || response().bodyBytes().length >= end, "the rest of a chunk");
        if (response().bodyBytes().length < end) {
            return false; // the stream was cut
        }
        to = end;
        return true;
    }
}
