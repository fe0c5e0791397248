package io.sluice.sse.netty;

import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.Socket;

/** How the clients of a test speak to their server. */
enum ClientProtocol {
    H1,
    /** The server has the TLS of the JDK. */
    H1_TLS,
    /** The server has BoringSSL. */
    H2_TLS,
    /** With prior knowledge. */
    H2;

    /**
     * So small that the server soon notices a client that does not read. With less, the kernel drops what does not fit,
     * and a client that reads again waits for the retransmission. Over HTTP/2 the window of its stream is small anyway,
     * and other streams share the buffer.
     */
    private static final int SMALL_RECEIVE_BUFFER = 4096;

    /** Two records of TLS. The kernel delivers a record that is larger than the buffer in tiny pieces, with pauses. */
    private static final int SMALL_TLS_RECEIVE_BUFFER = 32 * 1024;

    private boolean isTls() {
        return this == H1_TLS || this == H2_TLS;
    }

    boolean isHttp2() {
        return this == H2_TLS || this == H2;
    }

    /** Options of a server that speaks this protocol. See {@link TestServers#on}. */
    SseServerBuilder on(Transport transport) {
        SseServerBuilder server = TestServers.on(transport);
        return switch (this) {
            case H1, H2 -> server;
            case H1_TLS -> TestTls.serve(server);
            case H2_TLS -> TestTls.serve(server, SslProvider.OPENSSL);
        };
    }

    /** Opens a stream and reads its first block. */
    StreamClient open(SseServer server, String path, String... headers) throws IOException {
        return get(server, path, headers).awaitStream();
    }

    /** Sends a GET request. @param headers lines such as {@code "Last-Event-ID: 7"} */
    StreamClient get(SseServer server, String path, String... headers) throws IOException {
        return request(server, "GET", path, headers);
    }

    /** Sends a request without a body. */
    StreamClient request(SseServer server, String method, String path, String... headers) throws IOException {
        return connect(server, 0, method, path, headers);
    }

    /** Sends a request with a body. @param body of ASCII characters */
    StreamClient send(SseServer server, String method, String path, String body) throws IOException {
        if (isHttp2()) {
            return Http2StreamClient.withBody(connectHttp2(server.port(), 0), method, path, body);
        }
        return connectHttp1(server.port(), 0)
                .send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body);
    }

    /** As {@link #get}, for a client that stalls soon when it does not read. */
    StreamClient getSlowly(SseServer server, String path, String... headers) throws IOException {
        int receiveBuffer = isHttp2() ? 0 : isTls() ? SMALL_TLS_RECEIVE_BUFFER : SMALL_RECEIVE_BUFFER;
        return connect(server, receiveBuffer, "GET", path, headers);
    }

    /**
     * Opens a stream that shares what clients of this protocol can share with another one: over HTTP/2 its connection,
     * of which the other client must not be closed before.
     */
    StreamClient openBeside(StreamClient other, SseServer server, String path, String... headers) throws IOException {
        if (other instanceof Http2StreamClient client) {
            return client.beside(path, headers).awaitStream();
        }
        return open(server, path, headers);
    }

    /** As {@link #open}, on a connection that begins with other bytes, before TLS if there is TLS. */
    StreamClient openAfter(byte[] bytes, SseServer server, String path) throws IOException {
        Socket tcp = RawClient.plainSocket(server.port(), 0);
        tcp.getOutputStream().write(bytes);
        Socket socket = isTls() ? TestTls.over(tcp, isHttp2() ? "h2" : "http/1.1") : tcp;
        StreamClient client = isHttp2()
                ? new Http2StreamClient(Http2Client.of(socket).begin(-1), "GET", path)
                : RawClient.of(socket).get(path);
        return client.awaitStream();
    }

    private StreamClient connect(SseServer server, int receiveBuffer, String method, String path, String... headers)
            throws IOException {
        int port = server.port();
        String fields = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        if (isHttp2()) {
            return new Http2StreamClient(
                    connectHttp2(port, receiveBuffer),
                    method,
                    path,
                    fields.lines().toArray(String[]::new));
        }
        String length = method.equals("POST") ? "Content-Length: 0\r\n" : "";
        return connectHttp1(port, receiveBuffer)
                .send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + length + fields + "\r\n");
    }

    private Http2Client connectHttp2(int port, int receiveBuffer) throws IOException {
        Http2Client connection = isTls()
                ? Http2Client.of(TestTls.connect(port, receiveBuffer, "h2"))
                : Http2Client.of(RawClient.plainSocket(port, receiveBuffer));
        return connection.begin(-1);
    }

    private RawClient connectHttp1(int port, int receiveBuffer) throws IOException {
        return isTls() ? RawClient.overTls(port, receiveBuffer) : RawClient.connect(port, receiveBuffer);
    }
}
