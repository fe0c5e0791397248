package io.sluice.sse.netty;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.BooleanSupplier;

/** A client that does what it is told, over a plain socket: no request is made right and no end polite by itself. */
final class RawClient implements AutoCloseable {

    static final Duration PATIENCE = AwaitTimeout.LONG;

    private final Socket socket;
    private final InputStream in;
    private final byte[] buffer = new byte[16 * 1024];
    private RawStream stream = new RawStream();
    private byte[] behind = new byte[0];
    private boolean eof;
    private long received;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
    }

    static RawClient connect(int port) throws IOException {
        return connect(port, 0);
    }

    /** @param receiveBuffer a size such as 1024 for a client that takes little, or 0 */
    static RawClient connect(int port, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
        return new RawClient(socket);
    }

    /** Opens a stream and reads its first block. */
    static RawClient open(int port, String path, String... headers) throws IOException {
        RawClient client = connect(port).get(path, headers);
        client.await(() -> client.stream.hasHead() && client.stream.retries.size() > 0, "the first block");
        return client;
    }

    RawClient get(String path, String... headers) throws IOException {
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return send(request.append("\r\n").toString());
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    RawStream stream() {
        return stream;
    }

    /** Goes on to the next response on this connection. */
    RawStream nextResponse() {
        byte[] early = behind;
        behind = new byte[0];
        stream = new RawStream();
        feed(early, early.length);
        return stream;
    }

    private void feed(byte[] bytes, int count) {
        int taken = stream.feed(bytes, 0, count);
        if (taken < count) {
            int had = behind.length;
            behind = Arrays.copyOf(behind, had + count - taken);
            System.arraycopy(bytes, taken, behind, had, count - taken);
        }
    }

    /** Whether bytes came behind the end of the response. */
    boolean hasMore() {
        return behind.length > 0;
    }

    int localPort() {
        return socket.getLocalPort();
    }

    /** Reads until the condition holds; fails after {@link #PATIENCE}, or when the stream ends before. */
    RawClient await(BooleanSupplier condition, String what) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0 || eof) {
                throw new AssertionError((eof ? "end before " : "no ") + what + "; status " + stream.status() + ", "
                        + stream.events.size() + " events, body " + stream.body());
            }
            read(Duration.ofNanos(left));
        }
        return this;
    }

    RawClient awaitHead() throws IOException {
        return await(stream::hasHead, "head");
    }

    RawClient awaitEvents(int count) throws IOException {
        return await(() -> stream.events.size() >= count, count + " events");
    }

    /** Bytes read so far. */
    long received() {
        return received;
    }

    /** Whether the answer has ended, or the connection. */
    boolean hasEnded() {
        return eof || stream.hasEnded();
    }

    /** Reads one whole answer, or to the end of the connection. @return whether one of the two came in time */
    boolean awaitAnswer(Duration within) {
        return read(within, () -> stream.hasEnded());
    }

    /** Reads to the end of the connection, within the time. @return whether it ended; a reset is an end too */
    boolean awaitEnd(Duration within) {
        return read(within, () -> false);
    }

    private boolean read(Duration within, BooleanSupplier enough) {
        long deadline = System.nanoTime() + within.toNanos();
        try {
            while (!eof && !enough.getAsBoolean()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                read(Duration.ofNanos(left));
            }
        } catch (IOException e) {
            eof = true;
        }
        return true;
    }

    /** Reads what comes within the time, once. */
    void read(Duration within) throws IOException {
        socket.setSoTimeout((int) Math.max(1, within.toMillis()));
        try {
            int count = in.read(buffer);
            if (count < 0) {
                eof = true;
            } else {
                received += count;
                feed(buffer, count);
            }
        } catch (SocketTimeoutException e) {
            // nothing came
        }
    }

    /** Reads and drops this many bytes, without looking at them. */
    void skip(long count) throws IOException {
        socket.setSoTimeout((int) PATIENCE.toMillis());
        for (long left = count; left > 0; ) {
            int got = in.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (got < 0) {
                throw new IOException("end of the stream, " + left + " bytes early");
            }
            left -= got;
        }
    }

    /** Ends the connection with an RST. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Sends a FIN and goes on reading. */
    RawClient finish() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
