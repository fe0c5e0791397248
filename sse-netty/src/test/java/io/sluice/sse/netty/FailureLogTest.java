package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.sse.netty.connection.FailureLog;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A client that makes routes fail cannot fill the log. */
class FailureLogTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger(RouteHandler.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(null);
        logger.setAdditive(false);
        logger.addAppender(lines);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
    }

    @Test
    void oneFailureOfEachKindIsLoggedPerSecondAndTheOthersAreCounted() {
        AtomicLong clock = new AtomicLong();
        FailureLog failures = new FailureLog(clock::get);
        for (int i = 0; i < 1_000; i++) {
            clock.set(i < 999 ? 0 : FailureLog.WINDOW_NANOS);
            failures.warn(logger, "request " + i, new IllegalStateException("failure " + i));
            failures.warn(logger, "request " + i, new IOException("another kind"));
        }
        assertThat(messages())
                .containsExactly(
                        "request 0",
                        "request 0",
                        "request 999 (and 998 more since the last line)",
                        "request 999 (and 998 more since the last line)");
        assertThat(lines.list)
                .allSatisfy(line -> assertThat(line.getThrowableProxy()).isNotNull());
    }

    @Test
    void failingRequestsLogOnlyAFewLines() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO)
                        .route("GET", "/fails/**", request -> {
                            throw new IllegalStateException("for " + request.subPath());
                        })
                        .route("GET", "/later/**", request -> CompletableFuture.completedFuture(null))
                        .start();
                RawClient client = RawClient.connect(server.port())) {
            long before = System.nanoTime();
            for (int i = 0; i < 200; i++) {
                client.get((i % 2 == 0 ? "/fails/" : "/later/") + i);
                client.await(client.stream()::hasEnded, "the response");
                assertThat(client.stream().status()).isEqualTo(500);
                client.nextResponse();
            }
            long seconds = (System.nanoTime() - before) / FailureLog.WINDOW_NANOS;
            assertThat(lines.list).hasSizeBetween(2, (int) (2 * (seconds + 1)));
        }
    }

    private List<String> messages() {
        return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
