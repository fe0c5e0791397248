package io.sluice.sse.netty;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TLS context of files in PEM. When a file has changed, the next connections get a context of the new files. If the
 * new files are wrong, or were written only in part, the old context stays and a later check tries again. Thread-safe.
 */
final class TlsFiles implements Supplier<SslContext> {

    private static final Logger log = LoggerFactory.getLogger(SseServer.class);

    /** The options that name the files. */
    record Paths(Path certificate, Path key, @Nullable Path clientCa) {

        /** Changes whenever one of the files does. */
        private String state() {
            return Stream.of(certificate, key, clientCa)
                    .map(file -> file == null ? "" : state(file))
                    .collect(Collectors.joining("|"));
        }

        private static String state(Path file) {
            try {
                return Files.getLastModifiedTime(file) + " " + Files.size(file) + " " + file.toRealPath();
            } catch (IOException e) {
                return "unreadable"; // for a moment, while it is replaced; loading it reports the reason
            }
        }
    }

    private final Paths paths;
    private final boolean http2;
    private volatile SslContext context;

    // Guarded by this.
    private String loadedState;
    private String reportedState = "";

    /**
     * @param http2 whether the clients may select HTTP/2
     * @throws IOException if a file cannot be used; the message names the option, the file and what is expected
     */
    TlsFiles(Paths paths, boolean http2) throws IOException {
        this.paths = paths;
        this.http2 = http2;
        this.loadedState = paths.state(); // before loading, so that a change meanwhile is found later
        this.context = load(paths, http2);
    }

    @Override
    public SslContext get() {
        return context;
    }

    /** Looks for changes, which may block. A server calls this once a second, away from its event loops. */
    synchronized void refresh() {
        String state = paths.state();
        if (state.equals(loadedState)) {
            return;
        }
        try {
            context = load(paths, http2);
            loadedState = state;
            log.info("new connections use the changed TLS files {}", paths);
        } catch (IOException | RuntimeException e) {
            if (!state.equals(reportedState)) {
                reportedState = state;
                log.warn("the changed TLS files cannot be used, so the old ones stay in use: {}", e.getMessage());
            }
        }
    }

    private static SslContext load(Paths paths, boolean http2) throws IOException {
        X509Certificate[] chain = PemFiles.certificates("tls certificate", paths.certificate);
        PrivateKey key = PemFiles.privateKey("tls key", paths.key);
        if (!PemFiles.belongTogether(key, chain[0].getPublicKey())) {
            throw new IOException("tls key: " + paths.key + " (expected: the key of the first certificate in "
                    + paths.certificate + ")");
        }
        SslContextBuilder builder = SslContextBuilder.forServer(key, chain)
                .protocols("TLSv1.3", "TLSv1.2")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        http2
                                ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
                                : List.of(ApplicationProtocolNames.HTTP_1_1)));
        if (paths.clientCa != null) {
            builder.trustManager(PemFiles.certificates("tls client ca", paths.clientCa))
                    .clientAuth(ClientAuth.REQUIRE);
        }
        return builder.build();
    }
}
