package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Publishes to topics of one node over one connection, without waiting for the responses. One thread publishes. */
final class NodePublisher implements AutoCloseable {

    private final Socket socket;
    private final OutputStream out;
    private final Thread reader;
    private final int size;

    private volatile long answered;
    private volatile String failure = "";
    private volatile boolean closed;

    /** @param size bytes of each event */
    NodePublisher(int port, int size) throws IOException {
        this.size = size;
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        out = socket.getOutputStream();
        Responses responses = new Responses(socket.getInputStream());
        reader = new Thread(() -> readAll(responses), "responses of " + port);
        reader.setDaemon(true);
        reader.start();
    }

    // Written by one thread.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void readAll(Responses responses) {
        try {
            while (true) {
                responses.next();
                answered++;
            }
        } catch (IOException e) {
            if (!closed) {
                failure = String.valueOf(e.getMessage());
            }
        }
    }

    /** @param text the begin of the event; padding follows */
    void publish(String topic, String text) throws IOException {
        String request = "POST /publish/" + topic + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + size
                + "\r\n\r\n" + text + "x".repeat(size - text.length());
        try {
            out.write(request.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            Pace.await(() -> !failure.isEmpty(), Duration.ofSeconds(1), "reason of " + e.getMessage());
            throw new IOException(failure, e);
        }
    }

    /** How many publications were accepted. */
    long answered() {
        return answered;
    }

    /** Why no more responses come; empty while they do. */
    String failure() {
        return failure;
    }

    @Override
    public void close() throws IOException {
        closed = true;
        socket.close();
    }
}
