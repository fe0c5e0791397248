package io.sluice.sse.netty;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A test with real sockets that runs once for each transport of Linux. {@link TestServers#on} skips missing transports.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}")
@EnumSource(
        value = Transport.class,
        names = {"NIO", "EPOLL", "IO_URING"})
@interface OverEachTransport {}
