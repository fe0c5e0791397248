package io.sluice.sse.netty.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A TLS context of files in PEM. When a file has changed, the next connections get a context of the new files. */
public final class TlsFiles implements Supplier<SslContext> {

    /** The options that name the files. */
    public record Paths(
            Path certificate, Path key, @Nullable Path clientCa) {}

    private final WatchedFiles<SslContext> files;

    /**
     * @param http2 whether the clients may select HTTP/2
     * @param provider the implementation of TLS; null for BoringSSL if it is on the class path, otherwise the JDK
     * @throws IOException if a file cannot be used; the message names the option, the file and what is expected
     */
    public TlsFiles(Paths paths, boolean http2, @Nullable SslProvider provider) throws IOException {
        List<Path> all = Stream.of(paths.certificate, paths.key, paths.clientCa)
                .filter(Objects::nonNull)
                .toList();
        try {
            files = new WatchedFiles<>("TLS files", all, () -> load(paths, http2, provider));
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e); // load throws no other
        }
    }

    @Override
    public SslContext get() {
        return files.get();
    }

    /** Looks for changes, which may block. A server calls this once a second, away from its event loops. */
    public void refresh() {
        files.refresh();
    }

    private static SslContext load(Paths paths, boolean http2, @Nullable SslProvider provider) throws IOException {
        X509Certificate[] chain = PemFiles.certificates("tls certificate", paths.certificate);
        PrivateKey key = PemFiles.privateKey("tls key", paths.key);
        if (!PemFiles.belongTogether(key, chain[0].getPublicKey())) {
            throw new IOException("tls key: " + paths.key + " (expected: the key of the first certificate in "
                    + paths.certificate + ")");
        }
        SslContextBuilder builder = SslContextBuilder.forServer(key, chain)
                .sslProvider(provider)
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
