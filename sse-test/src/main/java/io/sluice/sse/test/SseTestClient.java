package io.sluice.sse.test;

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
import org.jspecify.annotations.Nullable;

/**
 * An SSE client over a plain socket to the loopback address. It reads only while one of its methods runs, and it parses
 * strictly: see {@link SseResponse}.
 *
 * <pre>{@code
 * try (SseTestClient client = SseTestClient.open(server.port(), "/events/news")) {
 *     hub.publish("news", Event.of("hello"));
 *     client.awaitEvents(1);
 *     assertThat(client.response().data()).containsExactly("hello");
 * }
 * }</pre>
 *
 * <p>Not thread-safe. {@link FaultClient} is the client that misbehaves.
 */
public class SseTestClient implements AutoCloseable {

    /** How long the methods without a time argument wait. */
    public static final Duration TIMEOUT = Duration.ofSeconds(40);

    private static final int CONNECT_MILLIS = 10_000;

    private final Socket socket;
    private final InputStream in;
    private final byte[] buffer = new byte[16 * 1024];
    private @Nullable SseResponse response;
    private byte[] afterResponse = {};
    private boolean eof;
    private long received;

    /** A client over a connected socket, which is closed with the client. */
    protected SseTestClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
    }

    /** Connects to a port of the loopback address and sends nothing. */
    public static SseTestClient connect(int port) throws IOException {
        return new SseTestClient(connectSocket(port, 0));
    }

    /**
     * Opens a stream and reads its first block.
     *
     * @param headers lines such as {@code "Last-Event-ID: 7"}
     */
    public static SseTestClient open(int port, String path, String... headers) throws IOException {
        return connect(port).get(path, headers).awaitStream();
    }

    /** @param receiveBuffer the size of the receive buffer, or 0 for the default of the system */
    static Socket connectSocket(int port, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        try {
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
        return socket;
    }

    // ---- requests

    /** Sends a GET request. */
    public SseTestClient get(String path, String... headers) throws IOException {
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return send(request.append("\r\n").toString());
    }

    /** Sends these characters as they are. */
    public SseTestClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends these bytes as they are. */
    public SseTestClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    // ---- responses

    /** The current response, as far as it was read. */
    public SseResponse response() {
        SseResponse current = response;
        if (current == null) {
            current = newResponse();
            response = current;
        }
        return current;
    }

    /** Continues with the next response on this connection. */
    public SseResponse nextResponse() {
        byte[] early = afterResponse;
        afterResponse = new byte[0];
        response = null;
        feed(early, early.length);
        return response();
    }

    /** Creates the response that is read next. */
    protected SseResponse newResponse() {
        return new SseResponse();
    }

    private void feed(byte[] bytes, int count) {
        int taken = response().feed(bytes, 0, count);
        if (taken < count) {
            int before = afterResponse.length;
            afterResponse = Arrays.copyOf(afterResponse, before + count - taken);
            System.arraycopy(bytes, taken, afterResponse, before, count - taken);
        }
    }

    /** Whether bytes arrived after the end of the response(). */
    public boolean hasMore() {
        return afterResponse.length > 0;
    }

    /** Whether the response has ended, or the connection. */
    public boolean hasEnded() {
        return eof || response().hasEnded();
    }

    /** How many bytes were read so far. */
    public long received() {
        return received;
    }

    /** The port of this client, by which a server identifies the connection. */
    public int localPort() {
        return socket.getLocalPort();
    }

    // ---- reading

    /**
     * Reads until the condition holds.
     *
     * @param what the name of what is awaited, for the message
     * @throws AssertionError if it does not hold within {@link #TIMEOUT}, or before the end of the connection
     */
    public SseTestClient await(BooleanSupplier condition, String what) throws IOException {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0 || eof) {
                throw new AssertionError((eof ? "end before " : "no ") + what + "; status "
                        + response().status() + ", " + response().events().size() + " events, body "
                        + response().body());
            }
            read(Duration.ofNanos(left));
        }
        return this;
    }

    /** Reads the head of the response(). */
    public SseTestClient awaitHead() throws IOException {
        return await(() -> response().hasHead(), "head");
    }

    /** Reads the head and the first block of a stream. */
    public SseTestClient awaitStream() throws IOException {
        return await(() -> response().hasHead() && !response().retries().isEmpty(), "the first block");
    }

    /** Reads until the stream has had this many events. */
    public SseTestClient awaitEvents(int count) throws IOException {
        return await(() -> response().events().size() >= count, count + " events");
    }

    /** Reads the whole response, or to the end of the connection. @return whether one of the two came in time */
    public boolean awaitResponse(Duration within) {
        return read(within, () -> response().hasEnded());
    }

    /** Reads to the end of the connection. @return whether it ended in time; a reset is an end too */
    public boolean awaitEnd(Duration within) {
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

    /** Reads once, whatever arrives within the time. */
    public void read(Duration within) throws IOException {
        read(within, buffer.length);
    }

    void read(Duration within, int maxBytes) throws IOException {
        socket.setSoTimeout((int) Math.max(1, within.toMillis()));
        try {
            int count = in.read(buffer, 0, maxBytes);
            if (count < 0) {
                eof = true;
            } else {
                received += count;
                feed(buffer, count);
            }
        } catch (SocketTimeoutException e) {
            // nothing arrived
        }
    }

    Socket socket() {
        return socket;
    }

    /** Leaves: the connection is closed. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
