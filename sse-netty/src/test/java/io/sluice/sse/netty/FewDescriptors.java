package io.sluice.sse.netty;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.io.IOException;
import org.slf4j.LoggerFactory;

/**
 * Runs a server in a process of its own, for a test that takes its descriptors away. The process prints its port and
 * exits at the end of its input.
 */
final class FewDescriptors {

    private FewDescriptors() {}

    public static void main(String[] args) throws IOException {
        logToStandardError();
        try (SseServer server = SseServer.builder()
                        .port(0)
                        .threads(1)
                        .transport(Transport.valueOf(args[0]))
                        .start();
                RawClient warmUp = RawClient.open(server.port(), "/events/a")) { // loads classes
            warmUp.close();
            System.out.println(server.port());
            while (System.in.read() >= 0) {
                // the client sends nothing
            }
        }
    }

    private static void logToStandardError() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        PatternLayoutEncoder lines = new PatternLayoutEncoder();
        lines.setContext(context);
        lines.setPattern("%level %logger{0} %msg%n");
        lines.start();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(lines);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        root.addAppender(appender);
        context.getLogger("io.sluice.sse.netty.ServerAcceptor").setLevel(Level.DEBUG);
    }
}
