package io.sluice.sse.examples.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A connection by hand: what a client sees that knows nothing but sockets. Every read gives up after some seconds. */
final class RawStream implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final StringBuilder body = new StringBuilder();
    private boolean chunked;

    /** Whether the chunk of length zero has come: the stream has ended, and was not cut. */
    private boolean lastChunk;

    private RawStream(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(40_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** Sends a request of these lines. */
    static RawStream send(int port, String... lines) throws IOException {
        RawStream stream = new RawStream(port);
        stream.socket
                .getOutputStream()
                .write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
        return stream;
    }

    /** Asks for a stream. */
    static RawStream get(int port, String target, String... headers) throws IOException {
        String[] lines = new String[headers.length + 2];
        lines[0] = "GET " + target + " HTTP/1.1";
        lines[1] = "Host: localhost";
        System.arraycopy(headers, 0, lines, 2, headers.length);
        return send(port, lines);
    }

    /** Status line and headers, in lower case. */
    String head() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            head.write(read());
        }
        String text = head.toString(StandardCharsets.ISO_8859_1).toLowerCase(java.util.Locale.ROOT);
        chunked = text.contains("transfer-encoding: chunked");
        return text;
    }

    /** Reads the body until this is in it, and returns all of it so far. */
    String until(String text) throws IOException {
        while (body.indexOf(text) < 0) {
            if (!more()) {
                throw new EOFException("ended without \"" + text + "\": " + body);
            }
        }
        return body.toString();
    }

    /** Reads the first block of a stream, and forgets it. */
    String firstBlock() throws IOException {
        String block = until("\n\n");
        body.delete(0, block.indexOf("\n\n") + 2);
        return block.substring(0, block.indexOf("\n\n") + 2);
    }

    /** Reads to the end of the stream. */
    String toEnd() throws IOException {
        while (more()) {}
        return body.toString();
    }

    boolean hasLastChunk() {
        return lastChunk;
    }

    private boolean more() throws IOException {
        if (!chunked) {
            int b = in.read();
            if (b >= 0) {
                body.append((char) b);
            }
            return b >= 0;
        }
        if (lastChunk) {
            return false;
        }
        StringBuilder size = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return false; // cut
            }
            size.append((char) b);
        }
        int length = Integer.parseInt(size.toString().strip(), 16);
        byte[] bytes = in.readNBytes(length);
        in.skipNBytes(2);
        body.append(new String(bytes, StandardCharsets.UTF_8));
        lastChunk = length == 0;
        return !lastChunk;
    }

    private int read() throws IOException {
        int b = in.read();
        if (b < 0) {
            throw new EOFException("closed before the end of the head");
        }
        return b;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
