package io.sluice.sse.benchmarks.soak;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The responses on the connection of a publisher, one after another. Not thread-safe. */
final class Responses {

    private final InputStream in;

    Responses(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    /**
     * Reads the next one to its end.
     *
     * @throws IOException if it is no success, or the server has closed the connection
     */
    void next() throws IOException {
        String status = line();
        if (!status.startsWith("HTTP/1.1 20")) {
            throw new IOException("publish: " + status);
        }
        int length = 0;
        for (String line = line(); !line.isEmpty(); line = line()) {
            if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        in.skipNBytes(length);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the server has closed the publisher's connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
