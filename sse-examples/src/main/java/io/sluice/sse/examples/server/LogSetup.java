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
 * The log of the bundled server: to standard error, since standard output is left to the one line that says where it
 * listens. Logback finds it as a service; in Java, because a fifth of all classes that a start loads would be there to
 * read the same from XML. A file that {@code -Dlogback.configurationFile} names goes before it.
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
        // Without this Logback writes about its own start, and to standard output.
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
        // A transport that is not available ends the start, with one line that says so.
        loggers.getLogger("io.sluice.sse.netty.Transports").setLevel(Level.ERROR);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static Level level(@Nullable String name) {
        return name == null ? Level.INFO : Level.toLevel(name, Level.INFO);
    }
}
