package io.sluice.sse.examples.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;
import org.jspecify.annotations.Nullable;

/**
 * Configures the log of the bundled server. The log goes to standard error, because standard output has only the one
 * line with the server's address. Logback finds this class as a service. The configuration is written in Java, because
 * the classes that read XML would be a fifth of all classes loaded at start. A file named by
 * {@code -Dlogback.configurationFile} takes precedence.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {

    private static final String LEVEL = "SLUICE_LOG_LEVEL";

    /** For Logback. */
    public LogSetup() {}

    @Override
    public ExecutionStatus configure(LoggerContext loggers) {
        if (System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        // Otherwise Logback prints its own start messages to standard output.
        loggers.getStatusManager().add(new NopStatusListener());

        LogLine line = new LogLine();
        line.setContext(loggers);
        line.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(loggers);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(line);
        appender.start();

        Logger root = loggers.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        loggers.getLogger("io.sluice").setLevel(level(System.getenv(LEVEL)));
        // If a transport is not available, the start fails with a one-line message, so its warning is not needed.
        loggers.getLogger("io.sluice.sse.netty.TransportBackend").setLevel(Level.ERROR);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static Level level(@Nullable String name) {
        return name == null ? Level.INFO : Level.toLevel(name, Level.INFO);
    }
}
