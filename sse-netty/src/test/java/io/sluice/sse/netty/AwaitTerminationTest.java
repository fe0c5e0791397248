package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A main method can wait until the server is closed. */
class AwaitTerminationTest {

    @Test
    void itReturnsWhenTheServerIsClosed() throws Exception {
        SseServer server = TestServers.on(Transport.NIO).start();
        assertThat(server.awaitTermination(Duration.ZERO)).isFalse();
        assertThatThrownBy(() -> server.awaitTermination(Duration.ofNanos(-1))).hasMessageStartingWith("timeout: ");
        CompletableFuture<Void> main = CompletableFuture.runAsync(
                () -> {
                    try {
                        server.awaitTermination();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                },
                task -> new Thread(task).start());
        assertThat(main).isNotDone();
        server.close();
        main.get(AwaitTimeout.LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(server.awaitTermination(Duration.ZERO)).isTrue();
    }

    @Test
    void anInterruptEndsTheWaitButNotTheServer() throws Exception {
        try (SseServer server = TestServers.on(Transport.NIO).start()) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(server::awaitTermination).isInstanceOf(InterruptedException.class);
            try (RawClient client = RawClient.open(server.port(), "/events/a")) {
                assertThat(client.stream().status()).isEqualTo(200);
            }
        }
    }
}
