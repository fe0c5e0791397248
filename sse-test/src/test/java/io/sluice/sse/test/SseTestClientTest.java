package io.sluice.sse.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SseTestClientTest {

    private static final String HEAD =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

    /** The server's end of one connection. */
    private static final class Peer implements AutoCloseable {
        private final ServerSocket server;
        private Socket socket;

        Peer() throws IOException {
            server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        }

        int port() {
            return server.getLocalPort();
        }

        Peer accept() throws IOException {
            socket = server.accept();
            return this;
        }

        String request() throws IOException {
            StringBuilder text = new StringBuilder();
            InputStream in = socket.getInputStream();
            while (text.indexOf("\r\n\r\n") < 0) {
                text.append((char) in.read());
            }
            return text.toString();
        }

        void send(String text) throws IOException {
            OutputStream out = socket.getOutputStream();
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }

        void sendChunk(String text) throws IOException {
            int length = text.getBytes(StandardCharsets.UTF_8).length;
            send(Integer.toHexString(length) + "\r\n" + text + "\r\n");
        }

        @Override
        public void close() throws IOException {
            if (socket != null) {
                socket.close();
            }
            server.close();
        }
    }

    @Test
    void aStreamIsParsedToItsLastChunk() throws IOException {
        try (Peer peer = new Peer();
                SseTestClient client = SseTestClient.connect(peer.port())) {
            client.get("/events/a", "Last-Event-ID: 7");
            assertThat(peer.accept().request())
                    .startsWith("GET /events/a HTTP/1.1\r\n")
                    .contains("Last-Event-ID: 7");
            peer.send(HEAD);
            peer.sendChunk("retry: 3000\n\n");
            client.awaitStream();
            peer.sendChunk("id: 1\nevent: greeting\ndata: é\n\n: beat\n\n");
            client.awaitEvents(1);
            assertThat(client.response().events()).containsExactly(new ReceivedEvent("greeting", "é", "1"));
            assertThat(client.response().retries()).containsExactly(3000L);
            assertThat(client.response().hasEnded()).isFalse();
            peer.send("0\r\n\r\n");
            assertThat(client.awaitResponse(SseTestClient.TIMEOUT)).isTrue();
            assertThat(client.response().hasEnded()).isTrue();
            assertThat(client.response().comments()).containsExactly("beat");
            assertThat(client.response().ids()).containsExactly("1");
            assertThat(client.response().lastEventId()).isEqualTo("1");
            assertThat(client.response().chunks()).hasSize(2);
        }
    }

    @Test
    void responsesFollowEachOther() throws IOException {
        try (Peer peer = new Peer();
                SseTestClient client = SseTestClient.connect(peer.port())) {
            client.send("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
            peer.accept().request();
            peer.send("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nnoHTTP/1.1 204 No Content\r\n\r\n");
            client.await(client::hasMore, "the second response");
            assertThat(client.response().status()).isEqualTo(404);
            assertThat(client.response().body()).isEqualTo("no");
            client.nextResponse();
            client.awaitHead();
            assertThat(client.response().status()).isEqualTo(204);
            assertThat(client.hasEnded()).isTrue();
        }
    }

    @Test
    void brokenFramingIsReported() {
        for (String broken : new String[] {"0005\r\n", "5;x=y\r\n", "1\r\nab", "nothing like a size"}) {
            SseResponse response = new SseResponse();
            byte[] bytes = (HEAD + broken + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
            assertThatThrownBy(() -> response.feed(bytes, 0, bytes.length))
                    .as(broken)
                    .isInstanceOfAny(AssertionError.class, NumberFormatException.class);
        }
    }

    @Test
    void aFaultClientSendsAndReadsBytewiseAndResetsInsideAnEvent() throws IOException {
        try (Peer peer = new Peer();
                FaultClient client = FaultClient.connect(peer.port(), 1024)) {
            client.sendBytewise("GET / HTTP/1.1\r\n\r\n");
            assertThat(peer.accept().request()).isEqualTo("GET / HTTP/1.1\r\n\r\n");
            peer.send(HEAD);
            client.readBytewise(HEAD.length());
            assertThat(client.response().hasHead()).isTrue();
            assertThat(client.isSilent(Duration.ofMillis(1))).isTrue();
            peer.sendChunk("retry: 1\n\n");
            peer.sendChunk("data: hello\n\n");
            client.awaitStream();
            peer.sendChunk("data: you\n\n");
            client.resetInsideEvent();
            assertThat(client.response().data()).doesNotContain("you");
            assertThatThrownBy(() -> peer.socket.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void aHalfClosedClientStillReads() throws IOException {
        try (Peer peer = new Peer();
                FaultClient client = FaultClient.connect(peer.port())) {
            client.finish();
            assertThat(peer.accept().socket.getInputStream().read()).isEqualTo(-1);
            peer.send("HTTP/1.1 204 No Content\r\n\r\n");
            client.awaitHead();
            assertThat(client.response().status()).isEqualTo(204);
        }
    }
}
