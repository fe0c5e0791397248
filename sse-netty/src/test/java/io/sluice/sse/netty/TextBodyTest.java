package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A route of an application does not read a body as other text than its headers say. */
class TextBodyTest {

    private static RawStream post(SseServer server, String path, String header) throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            client.send(
                    "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n" + header + "\r\n\r\ntext");
            return client.awaitHead().stream();
        }
    }

    @Test
    void theTextOfABodyWithAnotherMeaningIsRejected() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO)
                .route(
                        "POST",
                        "/text",
                        request -> RouteResponse.of(200, "text/plain", request.bodyText())
                                .completed())
                .route(
                        "POST",
                        "/bytes",
                        request -> RouteResponse.of(200, "text/plain", request.body())
                                .completed())
                .start()) {
            for (String header : List.of("Content-Encoding: gzip", "Content-Type: text/plain; charset=latin1")) {
                assertThat(post(server, "/text", header).status()).as(header).isEqualTo(415);
                assertThat(post(server, "/bytes", header).status()).as(header).isEqualTo(200);
            }
            assertThat(post(server, "/text", "Content-Encoding: gzip").header("accept-encoding"))
                    .isEqualTo("identity");
            assertThat(post(server, "/text", "Content-Range: bytes 0-3/10").status())
                    .isEqualTo(400);
            for (String header : List.of("Content-Encoding: identity", "Content-Type: text/plain;charset=\"UTF-8\"")) {
                assertThat(post(server, "/text", header).status()).as(header).isEqualTo(200);
            }
        }
    }
}
