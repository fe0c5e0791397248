package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SseRequestHeadersTest {

    private static SseRequest request(String... accepts) {
        HttpRequest http = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/events/a");
        http.headers().add("host", "localhost");
        for (String accept : accepts) {
            http.headers().add("accept", accept);
        }
        EmbeddedChannel channel = new EmbeddedChannel() {
            @Override
            protected SocketAddress remoteAddress0() {
                return new InetSocketAddress("127.0.0.1", 1);
            }
        };
        return SseRequest.of(http, channel, new byte[0], TrustedProxies.NONE);
    }

    @Test
    void theLinesOfAHeaderAreInOrderAndTheLastIsItsValue() {
        SseRequest request = request("text/plain", "text/html", "text/event-stream");
        assertThat(request.headerAll("Accept")).containsExactly("text/plain", "text/html", "text/event-stream");
        assertThat(request.header("Accept")).isEqualTo("text/event-stream");
    }

    @Test
    void aMissingHeaderHasNoLines() {
        assertThat(request().headerAll("accept")).isEmpty();
        assertThat(request().header("accept")).isNull();
    }

    @Test
    void bytesAreReadAsUtf8() {
        String onTheWire = new String("töpic".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(request(onTheWire).headerAll("accept")).containsExactly("töpic");
        assertThat(request("a", onTheWire).headerAll("accept")).containsExactly("a", "töpic");
    }

    @Test
    void headersAreImmutable() {
        for (SseRequest request : new SseRequest[] {request(), request("a"), request("a", "b")}) {
            assertThatThrownBy(() -> request.headerAll("accept").add("c"))
                    .isInstanceOf(UnsupportedOperationException.class);
        }
    }
}
