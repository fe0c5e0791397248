package io.sluice.sse.netty;

import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/** One stream of an HTTP/2 connection. Only the stream that is read gets more window. */
final class Http2StreamClient implements StreamClient {

    private final Http2Client connection;
    private final int id;

    /** Sends the request on a connection that has begun, and which is closed with this client. */
    Http2StreamClient(Http2Client connection, String method, String path, String... headers) throws IOException {
        this.connection = connection;
        String[] fields = new String[headers.length * 2];
        for (int i = 0; i < headers.length; i++) {
            int colon = headers[i].indexOf(':');
            fields[2 * i] = headers[i].substring(0, colon).toLowerCase(Locale.ROOT);
            fields[2 * i + 1] = headers[i].substring(colon + 1).strip();
        }
        this.id = connection.request(method, path, true, fields);
    }

    private Http2StreamClient(Http2Client connection, int id) {
        this.connection = connection;
        this.id = id;
    }

    /** Sends a request with a body, on a connection that is closed with the returned client. */
    static Http2StreamClient withBody(Http2Client connection, String method, String path, String body)
            throws IOException {
        int id = connection.request(method, path, false);
        connection.frame(Http2Client.DATA, Http2Client.END_STREAM, id, body.getBytes(StandardCharsets.US_ASCII));
        return new Http2StreamClient(connection, id);
    }

    /** Another stream of the connection. */
    Http2StreamClient beside(String path, String... headers) throws IOException {
        return new Http2StreamClient(connection, "GET", path, headers);
    }

    private Http2ClientStream received() {
        return connection.stream(id);
    }

    @Override
    public RawStream stream() {
        return received().response;
    }

    @Override
    public Http2StreamClient await(BooleanSupplier condition, String what) throws IOException {
        connection.grantOnlyTo(id);
        try {
            connection.await(() -> condition.getAsBoolean() || received().isOver(), what);
        } catch (IOException e) {
            throw new AssertionError(
                    "no " + what + "; status " + stream().status() + ", body "
                            + stream().body(),
                    e);
        }
        if (!condition.getAsBoolean()) {
            throw new AssertionError(
                    "end before " + what + "; status " + stream().status() + ", RST_STREAM " + received().reset
                            + ", body " + stream().body());
        }
        return this;
    }

    @Override
    public Http2StreamClient awaitHead() throws IOException {
        return await(() -> stream().hasHead(), "head");
    }

    @Override
    public Http2StreamClient awaitStream() throws IOException {
        return await(() -> stream().hasHead() && !stream().retries().isEmpty(), "the first block");
    }

    @Override
    public Http2StreamClient awaitEvents(int count) throws IOException {
        return await(() -> stream().events().size() >= count, count + " events");
    }

    @Override
    public boolean awaitResponse(Duration within) {
        return awaitEnd(within);
    }

    @Override
    public boolean awaitEnd(Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        try {
            connection.grantOnlyTo(id);
            while (!received().isOver() && !connection.hasEnded()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                connection.read(Duration.ofNanos(left));
            }
        } catch (IOException e) {
            return true; // the connection has ended
        }
        return true;
    }

    @Override
    public void read(Duration within) throws IOException {
        connection.grantOnlyTo(id);
        connection.read(within);
    }

    @Override
    public void leave() throws IOException {
        connection.reset(id, (int) Http2Error.CANCEL.code());
    }

    @Override
    public void reset() throws IOException {
        connection.reset(id, (int) Http2Error.INTERNAL_ERROR.code());
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
