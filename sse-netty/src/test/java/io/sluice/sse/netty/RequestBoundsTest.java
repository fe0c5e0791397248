package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The limits of a request, and the status of a request above them. */
@Timeout(180)
class RequestBoundsTest {

    private static final String POST = "POST /p HTTP/1.1\r\nHost: localhost\r\n";

    private static int status(String request) throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO)
                        .maxRequestLineBytes(100)
                        .maxHeaderBytes(500)
                        .maxHeaders(10)
                        .maxBodyBytes(20)
                        .route("POST", "/p", r -> RouteResponse.empty(204).completed())
                        .start();
                RawClient client = RawClient.connect(server.port())) {
            client.send(request).awaitHead();
            if (client.stream().status() != 204) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            }
            return client.stream().status();
        }
    }

    @Test
    void theRequestLineIsBounded() throws IOException {
        assertThat(status("POST /p?" + "x".repeat(80) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"))
                .isEqualTo(204);
        assertThat(status("POST /p?" + "x".repeat(100) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .isEqualTo(414);
    }

    @Test
    void theBytesOfHeadersAreBounded() throws IOException {
        assertThat(status(POST + "X-A: " + "x".repeat(400) + "\r\nContent-Length: 0\r\n\r\n"))
                .isEqualTo(204);
        assertThat(status(POST + "X-A: " + "x".repeat(500) + "\r\n\r\n")).isEqualTo(431);
    }

    @Test
    void theNumberOfHeadersIsBounded() throws IOException {
        assertThat(status(POST + "Content-Length: 0\r\n" + "X: y\r\n".repeat(8) + "\r\n"))
                .isEqualTo(204);
        assertThat(status(POST + "Content-Length: 0\r\n" + "X: y\r\n".repeat(9) + "\r\n"))
                .isEqualTo(431);
    }

    @Test
    void theBodyIsBounded() throws IOException {
        assertThat(status(POST + "Content-Length: 20\r\n\r\n" + "x".repeat(20))).isEqualTo(204);
        assertThat(status(POST + "Content-Length: 21\r\n\r\n")).isEqualTo(413);
        assertThat(status(POST + "Transfer-Encoding: chunked\r\n\r\nf\r\n" + "x".repeat(15) + "\r\nf\r\n"
                        + "x".repeat(15) + "\r\n0\r\n\r\n"))
                .isEqualTo(413);
    }
}
