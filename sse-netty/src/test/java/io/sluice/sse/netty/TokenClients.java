package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Identity;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Clients with a bearer token, and the authenticator that knows them. */
final class TokenClients {

    static final String TOKEN = "Authorization: Bearer ";

    /** A token "good-ann" is that of ann. */
    static final Authenticator BY_TOKEN = Authenticator.bearer(token -> CompletableFuture.completedFuture(
            token.startsWith("good-") ? Identity.of(token.substring(5)) : Identity.UNKNOWN));

    private TokenClients() {}

    static String request(String method, String target, String... headers) {
        return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n"
                + (method.equals("POST") ? "Content-Length: 1\r\n" : "")
                + (headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n") + "\r\n"
                + (method.equals("POST") ? "x" : "");
    }

    static RawStream respond(SseServer server, String method, String target, String... headers) throws IOException {
        try (RawClient client = RawClient.connect(server.port()).send(request(method, target, headers))) {
            if (method.equals("HEAD")) {
                return client.awaitHead().stream();
            }
            assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
            return client.stream();
        }
    }

    static RawStream respond(ClientProtocol protocol, SseServer server, String method, String target, String... headers)
            throws IOException {
        try (StreamClient client = protocol.request(server, method, target, headers)) {
            if (method.equals("HEAD")) {
                return client.awaitHead().stream();
            }
            assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
            return client.stream();
        }
    }
}
