package io.sluice.sse.netty;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A test with real sockets whose parameters are a {@link Transport} and the {@code SslProvider} of the server. It runs
 * over each transport of Linux with the TLS of the JDK, and over one with BoringSSL.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0} {1}")
@CsvSource({"NIO, JDK", "EPOLL, JDK", "IO_URING, JDK", "EPOLL, OPENSSL"})
@interface OverEachTls {}
