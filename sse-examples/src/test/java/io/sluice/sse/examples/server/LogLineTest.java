package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LogLineTest {

    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d) ";

    private static String line(Level level, String message, Throwable failure) {
        LoggerContext loggers = new LoggerContext();
        LoggingEvent event = new LoggingEvent(
                "", loggers.getLogger("io.sluice.Some"), level, message, failure, new Object[] {"ü\r\nx"});
        return new String(new LogLine().encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void aMessageCannotForgeASecondLine() {
        assertThat(line(Level.INFO, "a {}\n\nERROR b", null)).matches(TIME + "INFO  Some a ü x ERROR b\\R");
    }

    @Test
    void aStackTraceStaysOnItsLine() {
        Exception failure = new IllegalStateException("bad\nworse", new RuntimeException("root"));
        assertThat(line(Level.ERROR, "it failed", failure))
                .matches(TIME + "ERROR Some it failed \\| java\\.lang\\.IllegalStateException: bad \\| worse \\| at .*"
                        + " \\| Caused by: java\\.lang\\.RuntimeException: root \\| .*\\S\\R");
    }

    @Test
    void theLogOfTheServerIsConfiguredInJava() {
        LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
        assertThat(loggers.getLogger("io.sluice.sse.netty.TransportBackend").getLevel())
                .isEqualTo(Level.ERROR);
        assertThat(loggers.getLogger("ROOT").getAppender("stderr")).isNotNull();
    }
}
