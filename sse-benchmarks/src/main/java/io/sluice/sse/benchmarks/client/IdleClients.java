package io.sluice.sse.benchmarks.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Clients of one topic that have read the beginning of their streams and wait. */
final class IdleClients implements AutoCloseable {

    private static final byte[] REQUEST =
            "GET /events/load HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);
    private static final int TIMEOUT_MILLIS = 10_000;

    private final int port;
    private final List<Socket> sockets = new ArrayList<>();

    IdleClients(int port) {
        this.port = port;
    }

    /** Connects more clients one after the other; all have received their first block when this returns. */
    void add(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            sockets.add(socket);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(REQUEST);
            awaitFirstBlock(socket.getInputStream());
        }
    }

    /** The first line of the block is {@code retry:}, after the head of the response. */
    private static void awaitFirstBlock(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] some = new byte[1024];
        while (text.indexOf("retry:") < 0) {
            int count = in.read(some);
            if (count < 0) {
                throw new IOException("unexpected response: " + text);
            }
            text.append(new String(some, 0, count, StandardCharsets.US_ASCII));
        }
        if (text.indexOf(" 200 ") < 0) {
            throw new IOException("unexpected response: " + text);
        }
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
