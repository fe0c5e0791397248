package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.sse.test.SseResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Routes for content that never changes, among them the script for browsers. */
@Timeout(60)
class StaticContentTest {

    private static SseResponse get(SseServer server, String path, String... headers) throws IOException {
        try (RawClient client = RawClient.connect(server.port()).get(path, headers)) {
            assertThat(client.awaitResponse(RawClient.PATIENCE)).isTrue();
            return client.stream();
        }
    }

    @Test
    void theScriptOfThisVersionIsServedOnce() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO)
                .route("GET", "/sluice-client.js", HttpRoute.clientScript())
                .start()) {
            SseResponse first = get(server, "/sluice-client.js");
            assertThat(first.status()).isEqualTo(200);
            assertThat(first.header("content-type")).isEqualTo("text/javascript; charset=utf-8");
            assertThat(first.header("cache-control")).isEqualTo("no-cache");
            assertThat(first.body()).contains("export class SluiceStream");
            String tag = Objects.requireNonNull(first.header("etag"));

            for (String known : new String[] {tag, "W/" + tag, "\"other\", " + tag, "*"}) {
                SseResponse again = get(server, "/sluice-client.js", "If-None-Match: " + known);
                assertThat(again.status()).as(known).isEqualTo(304);
                assertThat(again.header("etag")).isEqualTo(tag);
                assertThat(again.header("cache-control")).isEqualTo("no-cache");
                assertThat(again.header("content-type")).isNull();
                assertThat(again.body()).isEmpty();
            }
            assertThat(get(server, "/sluice-client.js", "If-None-Match: \"other\"")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void otherContentHasATagOfItsOwn() throws IOException {
        try (SseServer server = TestServers.on(Transport.AUTO)
                .route("GET", "/a", HttpRoute.content(RouteResponse.of(200, "text/plain", "a")))
                .route("GET", "/b", HttpRoute.content(RouteResponse.of(200, "text/plain", "b")))
                .start()) {
            SseResponse a = get(server, "/a");
            assertThat(a.body()).isEqualTo("a");
            SseResponse b = get(server, "/b", "If-None-Match: " + a.header("etag"));
            assertThat(b.status()).isEqualTo(200);
            assertThat(b.body()).isEqualTo("b");
        }
    }

    @Test
    void theTagOfTheServerReplacesThatOfTheResponse() throws IOException {
        RouteResponse content = RouteResponse.of(200, "text/plain", "a")
                .with("ETag", "\"mine\"")
                .withAdded(List.of(Map.entry("link", "</b>")));
        try (SseServer server = TestServers.on(Transport.AUTO)
                .route("GET", "/a", HttpRoute.content(content))
                .start()) {
            SseResponse first = get(server, "/a");
            assertThat(first.header("link")).isEqualTo("</b>");
            String tag = Objects.requireNonNull(first.header("etag"));
            assertThat(tag).isNotEqualTo("\"mine\"");
            SseResponse again = get(server, "/a", "If-None-Match: " + tag);
            assertThat(again.status()).isEqualTo(304);
            assertThat(again.header("etag")).isEqualTo(tag);
            assertThat(again.header("link")).isEqualTo("</b>");
        }
    }

    @Test
    void aResponseOfAnotherStatusIsNoContent() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HttpRoute.content(RouteResponse.empty(204)))
                .withMessage("content: status 204 (expected: 200)");
    }
}
