package io.sluice.sse.netty;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A test with real sockets whose parameters are a {@link Transport} and a {@link ClientProtocol}. It runs over each
 * transport of Linux with HTTP/1.1, and over one transport with each other protocol. This is not the full product: a
 * transport moves bytes, whatever the protocol, so six runs find what twelve would find. For the same reason one of the
 * two runs over TLS has the JDK's and the other one BoringSSL. {@link TestServers#on} skips missing transports.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0} {1}")
@CsvSource({"NIO, H1", "EPOLL, H1", "IO_URING, H1", "EPOLL, H1_TLS", "EPOLL, H2_TLS", "EPOLL, H2"})
@interface OverEachProtocol {}
