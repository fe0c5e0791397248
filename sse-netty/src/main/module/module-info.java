import org.jspecify.annotations.NullMarked;

/**
 * Sluice on Netty: a server, and a handler for pipelines of other servers.
 *
 * <p>The packages below {@code io.sluice.sse.netty} are not exported. Their public members are for this module only.
 */
@NullMarked
module io.sluice.sse.netty {
    requires transitive io.sluice.sse.core;
    requires transitive io.netty.buffer;
    requires transitive io.netty.transport;
    requires transitive io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.codec;
    requires io.netty.codec.haproxy;
    requires io.netty.codec.http2;
    requires transitive io.netty.handler;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.classes.io_uring;
    requires io.netty.transport.classes.kqueue;
    requires io.netty.transport.unix.common;
    requires com.github.benmanes.caffeine;
    requires io.github.bucket4j.core;
    requires org.slf4j;
    requires static java.management;
    requires static jdk.management;
    requires static jdk.net;
    requires static transitive org.jspecify;

    exports io.sluice.sse.netty;
}
