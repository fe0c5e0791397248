package io.sluice.sse.netty;

import io.netty.handler.ssl.SslContext;

/** The TLS context that the next connection gets. Thread-safe. */
interface TlsContext {

    SslContext current();

    /** A context of the application, which never changes. */
    static TlsContext of(SslContext context) {
        return () -> context;
    }
}
