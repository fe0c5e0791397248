package io.sluice.sse.test;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A client that misbehaves as clients and networks do. It stalls whenever none of its reading methods runs; a small
 * receive buffer makes the server notice that soon. It sends and reads byte by byte, closes one direction only, and
 * cuts the connection with an RST, also in the middle of an event. Not thread-safe.
 */
public class FaultClient extends SseTestClient {

    /** A client over a connected socket, which is closed with the client. */
    protected FaultClient(Socket socket) throws IOException {
        super(socket);
    }

    /** Connects to a port of the loopback address and sends nothing. */
    public static FaultClient connect(int port) throws IOException {
        return connect(port, 0);
    }

    /**
     * Connects with its own receive buffer.
     *
     * @param receiveBuffer a size such as 1024 for a client that accepts little before it stalls; 0 for the default
     */
    public static FaultClient connect(int port, int receiveBuffer) throws IOException {
        return new FaultClient(socket(port, receiveBuffer));
    }

    /** Opens a stream and reads its first block. */
    public static FaultClient open(int port, String path, String... headers) throws IOException {
        FaultClient client = connect(port);
        client.get(path, headers).awaitStream();
        return client;
    }

    /** A socket that is connected to the loopback address, for subclasses. */
    protected static Socket socket(int port, int receiveBuffer) throws IOException {
        return connectSocket(port, receiveBuffer);
    }

    /** Sends these characters, each with a write of its own. */
    public void sendBytewise(String text) throws IOException {
        for (byte b : text.getBytes(StandardCharsets.ISO_8859_1)) {
            send(new byte[] {b});
        }
    }

    /** Reads this many bytes, each with a read of its own. */
    public void readBytewise(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            readByte();
        }
    }

    private void readByte() throws IOException {
        long before = received();
        read(TIMEOUT, 1);
        if (received() == before) {
            throw new AssertionError("no byte came; status " + response().status() + ", body "
                    + response().body());
        }
    }

    /** Reads and drops this many bytes, without parsing them. */
    public void skip(long count) throws IOException {
        socket().setSoTimeout((int) TIMEOUT.toMillis());
        InputStream in = socket().getInputStream();
        byte[] dropped = new byte[16 * 1024];
        for (long left = count; left > 0; ) {
            int got = in.read(dropped, 0, (int) Math.min(left, dropped.length));
            if (got < 0) {
                throw new IOException("end of the stream, " + left + " bytes early");
            }
            left -= got;
        }
    }

    /** Ends the connection with an RST, as when the client's host has crashed and came back. */
    public void reset() throws IOException {
        socket().setSoLinger(true, 0);
        socket().close();
    }

    /**
     * Reads byte by byte until an event has begun and has not ended, and ends the connection there with an RST. The
     * server must have sent that event, or be about to.
     */
    public void resetInsideEvent() throws IOException {
        do {
            readByte();
        } while (response().body().isEmpty() || response().body().endsWith("\n"));
        reset();
    }

    /** Sends a FIN and can still read: the connection is half-closed. */
    public FaultClient finish() throws IOException {
        socket().shutdownOutput();
        return this;
    }

    /** Whether no byte arrives within this time. */
    public boolean isSilent(Duration time) throws IOException {
        long before = received();
        read(time, 1);
        return received() == before && !hasEnded();
    }
}
