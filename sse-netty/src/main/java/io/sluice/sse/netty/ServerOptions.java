package io.sluice.sse.netty;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.netty.http.AllowedHosts;
import io.sluice.sse.netty.http2.Http2Limits;
import io.sluice.sse.netty.socket.OpenFileLimit;
import io.sluice.sse.netty.tls.TlsFiles;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The options of a server with their defaults. {@link SseServerBuilder} checks and sets them; a server gets a copy,
 * which no longer changes.
 */
final class ServerOptions implements Cloneable {

    static final String DEFAULT_HOST = "127.0.0.1";
    static final int DEFAULT_PORT = 8080;
    static final Duration DEFAULT_DRAIN = Duration.ofSeconds(5);
    static final int DEFAULT_MAX_BODY_BYTES = 1 << 20;
    static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofSeconds(10);
    static final Duration DEFAULT_IDLE_TIMEOUT = Duration.ofSeconds(60);
    static final int DEFAULT_CONNECTIONS_ABOVE_STREAMS = 256;

    /** Null if the server creates its own. */
    @Nullable
    Hub hub;

    String host = DEFAULT_HOST;
    int port = DEFAULT_PORT;
    Transport transport = Transport.AUTO;
    int threads = Runtime.getRuntime().availableProcessors();
    LaneOptions laneOptions = LaneOptions.DEFAULT;
    Duration drain = DEFAULT_DRAIN;
    int maxBodyBytes = DEFAULT_MAX_BODY_BYTES;
    long maxBufferedBytes = BufferBudget.defaultBytes();
    StreamLimits limits = StreamLimits.DEFAULT;

    /** Null if it follows from the limit of streams. */
    @Nullable
    Integer maxConnections;

    /** 0 is unlimited. */
    int maxConnectionsPerAddress;

    Duration requestTimeout = DEFAULT_REQUEST_TIMEOUT;
    Duration idleTimeout = DEFAULT_IDLE_TIMEOUT;
    TrustedProxies proxies = TrustedProxies.NONE;
    /** Enough for 100 topics of 255 bytes, percent-encoded. */
    int maxRequestLineBytes = 80 * 1024;

    int maxHeaderBytes = 16 * 1024;
    int maxHeaders = 100;

    /** Null if they follow from the host. */
    @Nullable
    Set<String> allowedHosts;

    Cors cors = Cors.NONE;
    Compression compression = Compression.OFF;
    int maxCompressors = StreamCompression.DEFAULT_MAX_COMPRESSORS;
    AccessControl.Settings access = AccessControl.Settings.NONE;

    /** Null if the application gives a context, or without TLS. */
    TlsFiles.@Nullable Paths tlsFiles;

    /** Null for Netty's default. */
    @Nullable
    SslProvider tlsProvider;

    /** The TLS context of the next connection; null without TLS, or until the files are loaded. */
    @Nullable
    Supplier<SslContext> tls;

    boolean http2 = true;
    int http2MaxStreams = Http2Limits.DEFAULT_MAX_STREAMS;

    /** Null if it follows from the number of streams. */
    @Nullable
    Integer http2MaxResets;

    Routes routes = new Routes();

    /** The limit of open files of the process. Tests replace it. */
    LongSupplier openFiles = OpenFileLimit::current;

    ServerOptions copy() {
        try {
            ServerOptions copy = (ServerOptions) clone();
            copy.routes = new Routes(routes);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    /** @throws IOException if a file cannot be used */
    void loadTlsFiles() throws IOException {
        if (tlsFiles != null) {
            tls = new TlsFiles(tlsFiles, http2, tlsProvider);
        }
    }

    int maxConnections() {
        return maxConnections != null
                ? maxConnections
                : (int) Math.min(Integer.MAX_VALUE - 1, (long) limits.total + DEFAULT_CONNECTIONS_ABOVE_STREAMS);
    }

    Http2Limits http2Limits() {
        return new Http2Limits(
                http2MaxStreams,
                http2MaxResets != null ? http2MaxResets : Http2Limits.defaultMaxResets(http2MaxStreams));
    }

    AllowedHosts allowedHosts() {
        return allowedHosts != null ? AllowedHosts.only(allowedHosts) : AllowedHosts.forListener(host);
    }
}
