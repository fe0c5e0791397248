package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SmokeTest {
    @ParameterizedTest
    @EnumSource(
            value = Transport.class,
            names = {"NIO", "EPOLL", "IO_URING"})
    void publishReachesAClient(Transport transport) throws Exception {
        try (SseServer server = SseServer.builder()
                .port(0)
                .transport(transport)
                .drain(Duration.ofMillis(200))
                .start()) {
            try (Socket socket = new Socket("127.0.0.1", server.port())) {
                socket.getOutputStream()
                        .write("GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                Awaitility.await().until(() -> server.hub().subscribers("a") == 1);
                server.hub().publish("a", Event.of("greeting", "hello"));
                InputStream in = socket.getInputStream();
                StringBuilder got = new StringBuilder();
                byte[] buf = new byte[4096];
                while (!got.toString().contains("data: hello\n\n")) {
                    int n = in.read(buf);
                    assertThat(n).isPositive();
                    got.append(new String(buf, 0, n, StandardCharsets.UTF_8));
                }
                System.out.println(got);
            }
            Awaitility.await()
                    .untilAsserted(() -> assertThat(server.hub().ledger().counts())
                            .allSatisfy((k, v) -> assertThat(v).isZero()));
        }
    }
}
