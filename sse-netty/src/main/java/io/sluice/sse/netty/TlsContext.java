package io.sluice.sse.netty;

import io.netty.handler.ssl.SslContext;

/** The TLS context that the next connection gets. Thread-safe. */
interface TlsContext {

    SslContext current();

    /** Looks for changes, which may block. A server calls this once a second, away from its event loops. */
    default void refresh() {}

    /** A context of the application, which never changes. */
    static TlsContext of(SslContext context) {
        return () -> context;
    }
}
