package io.sluice.sse.netty;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A client of HTTP/2 on a plain socket. It sends any frames, valid or not, and grants windows only when the test does.
 * It reads only within a call of a method that awaits something. Not thread-safe.
 */
final class Http2Client implements AutoCloseable {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PUSH_PROMISE = 5;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    private static final int ALL_STREAMS = 0;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    static final int SETTING_INITIAL_WINDOW = 4;
    static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
    private final Map<Integer, Http2ClientStream> streams = new HashMap<>();
    /** The last stream id and the error code of each GOAWAY. */
    final List<int[]> goAways = new ArrayList<>();

    final Map<Integer, Integer> serverSettings = new HashMap<>();
    int pingAcks;
    int settingsAcks;
    /** What was read, and not yet handled, is between start and end. */
    private byte[] input = new byte[16 * 1024];

    private int inputStart;
    private int inputEnd;
    private boolean ended;
    private boolean grantsWindows = true;
    private int grantedStream = ALL_STREAMS;
    private boolean acknowledgesPings = true;
    private int nextStream = 1;

    private Http2Client(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) RawClient.PATIENCE.toMillis());
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /** A connection that has sent nothing, and which is closed with the client. */
    static Http2Client of(Socket connected) throws IOException {
        return new Http2Client(connected);
    }

    /** A connection that has sent nothing. */
    static Http2Client raw(int port) throws IOException {
        return new Http2Client(new Socket(InetAddress.getLoopbackAddress(), port));
    }

    /** Speaks HTTP/2 with prior knowledge. */
    static Http2Client connect(int port) throws IOException {
        return raw(port).begin(-1);
    }

    /** Grants each stream this window and no more, unless the test does. */
    static Http2Client withWindow(int port, int window) throws IOException {
        Http2Client client = raw(port).begin(window);
        client.grantsWindows = false;
        return client;
    }

    /** Selects HTTP/2 by ALPN. It does not check the certificate. */
    static Http2Client overTls(int port, String... protocols) throws IOException {
        return of(TestTls.connect(port, 0, protocols));
    }

    String negotiated() {
        return ((SSLSocket) socket).getApplicationProtocol();
    }

    Http2Client acknowledgingNoPings() {
        acknowledgesPings = false;
        return this;
    }

    /** Sends the preface and the settings. */
    Http2Client begin(int initialWindow) throws IOException {
        out.write(PREFACE);
        return frame(SETTINGS, 0, 0, initialWindow < 0 ? new byte[0] : setting(SETTING_INITIAL_WINDOW, initialWindow));
    }

    static byte[] setting(int id, int value) {
        return new byte[] {
            (byte) (id >> 8), (byte) id, (byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value
        };
    }

    static byte[] number(int value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    Http2Client bytes(byte[] bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    Http2Client frame(int type, int flags, int stream, byte... payload) throws IOException {
        out.write(frameBytes(type, flags, stream, payload));
        return this;
    }

    static byte[] frameBytes(int type, int flags, int stream, byte... payload) {
        byte[] frame = new byte[9 + payload.length];
        frame[0] = (byte) (payload.length >> 16);
        frame[1] = (byte) (payload.length >> 8);
        frame[2] = (byte) payload.length;
        frame[3] = (byte) type;
        frame[4] = (byte) flags;
        System.arraycopy(number(stream), 0, frame, 5, 4);
        System.arraycopy(payload, 0, frame, 9, payload.length);
        return frame;
    }

    /** A header block of names and values, in this order and as they are. */
    static byte[] block(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            block.write(0); // a literal without indexing, with a new name (RFC 7541, section 6.2.2)
            literal(block, fields[i]);
            literal(block, fields[i + 1]);
        }
        return block.toByteArray();
    }

    private static void literal(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int rest = bytes.length - 127; // the length is an integer with a prefix of 7 bits (section 5.1)
        block.write(rest < 0 ? bytes.length : 127);
        for (; rest >= 128; rest >>= 7) {
            block.write(rest & 127 | 128);
        }
        if (bytes.length >= 127) {
            block.write(rest);
        }
        block.writeBytes(bytes);
    }

    /** Sends a header block in as many frames as it needs. */
    Http2Client headers(int stream, int flags, byte[] block) throws IOException {
        int most = 16_384;
        byte[] first = Arrays.copyOf(block, Math.min(most, block.length));
        frame(HEADERS, first.length == block.length ? flags : flags & ~END_HEADERS, stream, first);
        for (int at = most; at < block.length; at += most) {
            byte[] next = Arrays.copyOfRange(block, at, Math.min(at + most, block.length));
            frame(CONTINUATION, at + most < block.length ? 0 : flags & END_HEADERS, stream, next);
        }
        return this;
    }

    int next() {
        int id = nextStream;
        nextStream += 2;
        return id;
    }

    /** Sends a request without a body. @return its stream */
    int get(String path, String... headers) throws IOException {
        return request("GET", path, true, headers);
    }

    int request(String method, String path, boolean ends, String... headers) throws IOException {
        List<String> fields = new ArrayList<>(
                List.of(":method", method, ":scheme", "http", ":path", path, ":authority", "localhost"));
        fields.addAll(List.of(headers));
        int id = next();
        headers(id, END_HEADERS | (ends ? END_STREAM : 0), block(fields.toArray(String[]::new)));
        return id;
    }

    /** Opens a stream of events and reads its first block. */
    int open(String path, String... headers) throws IOException {
        int id = get(path, headers);
        await(() -> !stream(id).response.retries().isEmpty(), "the first block of " + path);
        return id;
    }

    Http2Client windowUpdate(int stream, int increment) throws IOException {
        return frame(WINDOW_UPDATE, 0, stream, number(increment));
    }

    Http2Client reset(int stream, int code) throws IOException {
        return frame(RST_STREAM, 0, stream, number(code));
    }

    Http2ClientStream stream(int id) {
        return streams.computeIfAbsent(id, ignored -> new Http2ClientStream());
    }

    boolean hasEnded() {
        return ended;
    }

    Http2Client awaitEvents(int stream, int count) throws IOException {
        return await(() -> stream(stream).response.events().size() >= count, count + " events on stream " + stream);
    }

    Http2Client awaitOver(int stream) throws IOException {
        return await(() -> stream(stream).isOver() || ended, "the end of stream " + stream);
    }

    Http2Client awaitEnd() throws IOException {
        return await(() -> ended, "the end of the connection");
    }

    /** Sends a PING and reads everything up to its answer. */
    Http2Client ping() throws IOException {
        int before = pingAcks;
        frame(PING, 0, 0, new byte[8]);
        return await(() -> pingAcks > before, "the answer to a PING");
    }

    /** Reads frames until the condition holds. */
    Http2Client await(BooleanSupplier condition, String what) throws IOException {
        while (!condition.getAsBoolean()) {
            if (ended) {
                throw new EOFException("the server has closed the connection before " + what + "; GOAWAYs "
                        + goAways.stream().map(Arrays::toString).toList());
            }
            readFrame();
        }
        return this;
    }

    /** Handles one frame, and reads if it has not arrived. Without a frame in time it returns. */
    void read(Duration within) throws IOException {
        socket.setSoTimeout((int) Math.max(1, within.toMillis()));
        try {
            readFrame();
        } catch (SocketTimeoutException e) {
            // nothing arrived, or a part of a frame
        } finally {
            socket.setSoTimeout((int) RawClient.PATIENCE.toMillis());
        }
    }

    private void readFrame() throws IOException {
        byte[] head = input(9, 0);
        byte[] payload = head == null ? null : input((head[0] & 255) << 16 | (head[1] & 255) << 8 | head[2] & 255, 9);
        if (head == null || payload == null) {
            ended = true;
            return;
        }
        inputStart += 9 + payload.length;
        int flags = head[4];
        int id = intAt(head, 5);
        switch (head[3]) {
            case DATA -> data(id, flags, payload);
            case HEADERS -> readHeaders(id, flags, payload);
            case RST_STREAM -> stream(id).reset = intAt(payload, 0);
            case SETTINGS -> settings(flags, payload);
            case PING -> {
                if ((flags & ACK) != 0) {
                    pingAcks++;
                } else if (acknowledgesPings) {
                    answer(frameBytes(PING, ACK, 0, payload));
                }
            }
            case GOAWAY -> goAways.add(new int[] {intAt(payload, 0), intAt(payload, 4)});
            default -> {}
        }
    }

    /** Bytes of the input that follow those that are handled; null at the end of the connection, or at a reset. */
    private byte @Nullable [] input(int bytes, int offset) throws IOException {
        while (inputEnd - inputStart < offset + bytes) {
            if (inputStart > 0) {
                System.arraycopy(input, inputStart, input, 0, inputEnd - inputStart);
                inputEnd -= inputStart;
                inputStart = 0;
            }
            if (input.length < offset + bytes) {
                input = Arrays.copyOf(input, offset + bytes);
            }
            int count;
            try {
                count = in.read(input, inputEnd, input.length - inputEnd);
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (IOException e) {
                return null;
            }
            if (count < 0) {
                return null;
            }
            inputEnd += count;
        }
        return Arrays.copyOfRange(input, inputStart + offset, inputStart + offset + bytes);
    }

    private static int intAt(byte[] bytes, int at) {
        return ByteBuffer.wrap(bytes).getInt(at);
    }

    /** From now on only this stream gets more window. @param stream gets what it was not granted before */
    void grantOnlyTo(int stream) {
        grantedStream = stream;
        if (stream(stream).owedWindow > 0) {
            grant(stream);
        }
    }

    private void grant(int id) {
        Http2ClientStream stream = stream(id);
        if (!stream.isOver()) {
            answer(frameBytes(WINDOW_UPDATE, 0, id, number(stream.owedWindow)));
        }
        stream.owedWindow = 0;
    }

    private void data(int id, int flags, byte[] payload) {
        Http2ClientStream stream = stream(id);
        stream.takeData(payload, (flags & END_STREAM) != 0);
        if (grantsWindows && payload.length > 0) {
            answer(frameBytes(WINDOW_UPDATE, 0, 0, number(payload.length)));
            stream.owedWindow += payload.length;
            if (grantedStream == ALL_STREAMS || grantedStream == id) {
                grant(id);
            }
        }
    }

    private void readHeaders(int id, int flags, byte[] payload) throws IOException {
        List<Map.Entry<String, String>> fields = new ArrayList<>();
        try {
            decoder.decodeHeaders(id, Unpooled.wrappedBuffer(payload))
                    .forEach(field -> fields.add(Map.entry(
                            field.getKey().toString(),
                            Objects.requireNonNull(field.getValue()).toString())));
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
        stream(id).takeHead(fields, (flags & END_STREAM) != 0);
    }

    private void settings(int flags, byte[] payload) {
        if ((flags & ACK) != 0) {
            settingsAcks++;
            return;
        }
        for (int at = 0; at < payload.length; at += 6) {
            serverSettings.put((payload[at] & 255) << 8 | payload[at + 1] & 255, intAt(payload, at + 2));
        }
        answer(frameBytes(SETTINGS, ACK, 0));
    }

    /** The server may have closed the connection already. What it has sent before can still be read. */
    private void answer(byte[] bytes) {
        try {
            out.write(bytes);
        } catch (IOException closed) {
            grantsWindows = false;
        }
    }

    /** Closes the socket, with an RST if bytes are unread. */
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
