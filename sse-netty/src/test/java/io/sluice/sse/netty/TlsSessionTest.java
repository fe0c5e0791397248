package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A route sees the certificate with which a client has authenticated, and the stream stays encrypted. */
@Timeout(120)
class TlsSessionTest {

    private static final char[] PASSWORD = "changeit".toCharArray();

    /** One key for both sides, and both trust it. */
    private static SSLContext context(Path directory) throws Exception {
        Path file = directory.resolve("ann.p12");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "ann",
                "-keyalg",
                "EC",
                "-dname",
                "CN=ann",
                "-storetype",
                "PKCS12"));
        command.addAll(List.of("-storepass", new String(PASSWORD), "-keystore", file.toString()));
        Process keytool = new ProcessBuilder(command).inheritIO().start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD);
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ann", keys.getCertificate("ann"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static SseStream identified(SseRequest request, SseStream stream) {
        SSLSession session = Objects.requireNonNull(request.sslSession());
        try {
            return stream.identity(Identity.of(session.getPeerPrincipal().getName()));
        } catch (SSLPeerUnverifiedException e) {
            throw HttpStatusException.of(403, "a client certificate is needed");
        }
    }

    @Test
    void aRouteSeesTheCertificateOfTheClient(@TempDir Path directory) throws Exception {
        SSLContext context = context(directory);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (Hub hub = Hub.create()) {
            SseHandler handler =
                    SseHandler.serving(hub, "/events/**", StreamRoute.topics().with(TlsSessionTest::identified));
            Channel listener = new ServerBootstrap()
                    .group(loops)
                    .channel(NioServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            SSLEngine engine = context.createSSLEngine();
                            engine.setUseClientMode(false);
                            engine.setNeedClientAuth(true);
                            channel.pipeline().addLast(new SslHandler(engine), new HttpServerCodec(), handler);
                        }
                    })
                    .bind("127.0.0.1", 0)
                    .syncUninterruptibly()
                    .channel();
            int port = ((InetSocketAddress) listener.localAddress()).getPort();
            try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
                readStream(socket, hub);
            }
            TestServers.awaitNothingOwned(hub);
            listener.close().syncUninterruptibly();
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static void readStream(SSLSocket socket, Hub hub) throws IOException {
        socket.setSoTimeout(60_000);
        socket.getOutputStream()
                .write("GET /events/news HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        assertThat(reader.readLine()).isEqualTo("HTTP/1.1 200 OK");
        for (String line = reader.readLine(); !line.startsWith("retry: "); line = reader.readLine()) {
            assertThat(line).isNotNull();
        }
        assertThat(TestServers.sinks(hub))
                .singleElement()
                .satisfies(
                        sink -> assertThat(sink.sink().identity().principal()).isEqualTo("CN=ann"));
        hub.publish("news", Event.of("encrypted"));
        for (String line = reader.readLine(); !line.equals("data: encrypted"); line = reader.readLine()) {
            assertThat(line).isNotNull();
        }
    }
}
