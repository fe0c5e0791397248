package io.sluice.sse.netty;

import io.sluice.sse.test.FaultClient;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The fault client of the test kit, with the method names of these tests. It speaks HTTP/1.1, also over TLS. */
final class RawClient extends FaultClient implements StreamClient {

    static final Duration PATIENCE = AwaitTimeout.LONG;

    /** The headers by which an EventSource is known. */
    static final String EVENT_SOURCE = "Accept: text/event-stream\r\nCache-Control: no-cache\r\nSec-Fetch-Mode: cors";

    /** The socket of TCP, below TLS if there is TLS. */
    private final Socket tcp;

    private RawClient(Socket socket, Socket tcp) throws IOException {
        super(socket);
        this.tcp = tcp;
    }

    public static RawClient connect(int port) throws IOException {
        return connect(port, 0);
    }

    /** @param receiveBuffer a small size such as 1024 for a slow client, or 0 for the default */
    public static RawClient connect(int port, int receiveBuffer) throws IOException {
        Socket socket = socket(port, receiveBuffer);
        return new RawClient(socket, socket);
    }

    /** As {@link #connect(int, int)}, after a handshake of TLS without ALPN. */
    static RawClient overTls(int port, int receiveBuffer) throws IOException {
        Socket tcp = socket(port, receiveBuffer);
        return new RawClient(TestTls.over(tcp), tcp);
    }

    /** A client over a connected socket, which is closed with the client. */
    static RawClient of(Socket connected) throws IOException {
        return new RawClient(connected, connected);
    }

    /** A connected socket. @param receiveBuffer 0 for the default */
    static Socket plainSocket(int port, int receiveBuffer) throws IOException {
        return socket(port, receiveBuffer);
    }

    /** Opens a stream and reads its first block. */
    public static RawClient open(int port, String path, String... headers) throws IOException {
        RawClient client = connect(port).get(path, headers);
        client.awaitStream();
        return client;
    }

    @Override
    protected RawStream newResponse() {
        return new RawStream();
    }

    @Override
    public RawStream stream() {
        return (RawStream) response();
    }

    @Override
    public RawStream nextResponse() {
        return (RawStream) super.nextResponse();
    }

    @Override
    public RawClient get(String path, String... headers) throws IOException {
        super.get(path, headers);
        return this;
    }

    @Override
    public RawClient send(String text) throws IOException {
        super.send(text);
        return this;
    }

    @Override
    public RawClient send(byte[] bytes) throws IOException {
        super.send(bytes);
        return this;
    }

    @Override
    public RawClient await(BooleanSupplier condition, String what) throws IOException {
        super.await(condition, what);
        return this;
    }

    @Override
    public RawClient awaitHead() throws IOException {
        super.awaitHead();
        return this;
    }

    @Override
    public RawClient awaitStream() throws IOException {
        super.awaitStream();
        return this;
    }

    @Override
    public RawClient awaitEvents(int count) throws IOException {
        super.awaitEvents(count);
        return this;
    }

    @Override
    public RawClient finish() throws IOException {
        super.finish();
        return this;
    }

    @Override
    public void leave() throws IOException {
        finish();
    }

    /** Over TLS without a close_notify. */
    @Override
    public void reset() throws IOException {
        tcp.setSoLinger(true, 0);
        tcp.close();
    }
}
