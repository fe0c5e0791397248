package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.sse.netty.socket.OpenFileLimit;
import java.io.IOException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A server warns its operator at the start if the limit of open files allows few streams. */
class OpenFileLimitTest {

    @Test
    void aSmallLimitIsLogged() throws IOException {
        String small = "the limit of open files is 400, so at most 1 stream fits; raise it before the start, with"
                + " ulimit -n or LimitNOFILE= of systemd, for example to 65536";
        assertThat(logged(400)).containsOnlyOnce(small);
        assertThat(logged(1_024)).doesNotContain("open files");
    }

    @Test
    void theWarningDependsOnTheNumberOfStreams() {
        assertThat(OpenFileLimit.warning(1_000, 10_000)).contains("at most 488 streams fit");
        assertThat(OpenFileLimit.warning(1_000, 488)).contains("at most 488 streams fit");
        assertThat(OpenFileLimit.warning(1_000, 487)).isNull();
        assertThat(OpenFileLimit.warning(300, 5)).contains("at most 1 stream fits");
        assertThat(OpenFileLimit.warning(1_024, 10_000)).isNull();
        assertThat(OpenFileLimit.warning(Long.MAX_VALUE, 10_000)).isNull();
        assertThat(OpenFileLimit.current()).isPositive();
    }

    private static String logged(long limit) throws IOException {
        SseServerBuilder builder = TestServers.on(Transport.NIO);
        builder.options().openFiles = () -> limit;
        Logger logger = (Logger) LoggerFactory.getLogger(SseServer.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try (SseServer server = builder.start()) {
            assertThat(server.isReady()).isTrue();
            return lines.list.stream().map(ILoggingEvent::getFormattedMessage).collect(Collectors.joining("\n"));
        } finally {
            logger.detachAppender(lines);
        }
    }
}
