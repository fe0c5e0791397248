package io.sluice.sse.netty;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** TLS for tests about other things: one certificate for all servers, and clients that do not check it. */
public final class TestTls {

    private static final X509Bundle CERTIFICATE = certificate();
    private static final SslContext SERVER = serverContext();
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

    private static SslContext serverContext() {
        try {
            return SslContextBuilder.forServer(CERTIFICATE.toKeyManagerFactory())
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

    /** With a context and not with files, which a server checks for changes each second. */
    public static SseServerBuilder serve(SseServerBuilder server) {
        return server.tls(SERVER);
    }

    /** Connects to a port of the loopback address. @param protocols for ALPN */
    static SSLSocket connect(int port, int receiveBuffer, String... protocols) throws IOException {
        return over(RawClient.plainSocket(port, receiveBuffer), protocols);
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
