package io.sluice.sse.netty;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Assumptions;

/** TLS for tests about other things: one certificate for all servers, and clients that do not check it. */
public final class TestTls {

    private static final X509Bundle CERTIFICATE = certificate();
    private static final SslContext SERVER = serverContext(SslProvider.JDK);
    private static final SSLContext CLIENT = clientContext();

    private TestTls() {}

    private static X509Bundle certificate() {
        try {
            return new CertificateBuilder()
                    .ecp256()
                    .subject("CN=localhost")
                    .addSanDnsName("localhost")
                    .setIsCertificateAuthority(true)
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext clientContext() {
        TrustManager all = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {all}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SslContext serverContext(SslProvider provider) {
        try {
            return SslContextBuilder.forServer(CERTIFICATE.toKeyManagerFactory())
                    .sslProvider(provider)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1))
                    .build();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * With the TLS of the JDK, and with a context: files would be checked for changes each second. An application that
     * uses BoringSSL has it on its class path; the tests of the modules above this one have not.
     */
    public static SseServerBuilder serve(SseServerBuilder server) {
        return server.tls(SERVER);
    }

    /** As {@link #serve(SseServerBuilder)}, with this implementation of TLS. */
    static SseServerBuilder serve(SseServerBuilder server, SslProvider provider) {
        requireAvailable(provider);
        return provider == SslProvider.JDK ? serve(server) : server.tls(BoringSsl.SERVER);
    }

    /** Loaded on its first use. */
    private static final class BoringSsl {
        private static final SslContext SERVER = serverContext(SslProvider.OPENSSL);
    }

    /** Without the provider the test is skipped with a message, or fails where skips are forbidden. */
    static void requireAvailable(SslProvider provider) {
        if (provider != SslProvider.JDK && !OpenSsl.isAvailable()) {
            String message = "SKIPPED: BoringSSL is not available here: " + OpenSsl.unavailabilityCause();
            if (System.getenv("SLUICE_FORBID_SKIPS") != null) {
                throw new AssertionError(message, OpenSsl.unavailabilityCause());
            }
            System.err.println(message);
            Assumptions.abort(message);
        }
    }

    /** Connects to a port of the loopback address. @param protocols for ALPN */
    static SSLSocket connect(int port, int receiveBuffer, String... protocols) throws IOException {
        return over(RawClient.plainSocket(port, receiveBuffer), protocols);
    }

    /** A client that has sent nothing yet. */
    static SSLEngine clientEngine() {
        SSLEngine engine = CLIENT.createSSLEngine();
        engine.setUseClientMode(true);
        return engine;
    }

    /** TLS over a connected socket, which is closed with the other. */
    static SSLSocket over(Socket connected, String... protocols) throws IOException {
        SSLSocket socket = (SSLSocket) CLIENT.getSocketFactory()
                .createSocket(connected, InetAddress.getLoopbackAddress().getHostAddress(), connected.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }
}
