package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.SinkInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** HTTPS over real sockets: streams, their ends, changed files, client certificates, and invalid input. */
@Timeout(120)
class TlsTest {

    /** A test whose parameter is the implementation of TLS of the server. */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @ParameterizedTest(name = "{0}")
    @EnumSource(
            value = SslProvider.class,
            names = {"JDK", "OPENSSL"})
    private @interface OverEachProvider {}

    private static X509Bundle authority;
    private static X509Bundle first;
    private static X509Bundle second;

    @TempDir
    Path folder;

    @BeforeAll
    static void makeCertificates() throws Exception {
        authority = new CertificateBuilder()
                .ecp256()
                .subject("CN=Test Authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        first = issued("CN=localhost,O=first");
        second = issued("CN=localhost,O=second");
    }

    private static X509Bundle issued(String subject) throws Exception {
        return of(subject).buildIssuedBy(authority);
    }

    private static CertificateBuilder of(String subject) {
        return new CertificateBuilder().ecp256().subject(subject).addSanDnsName("localhost");
    }

    private Path certificate() {
        return folder.resolve("server.crt");
    }

    private Path key() {
        return folder.resolve("server.key");
    }

    private void write(X509Bundle bundle) throws IOException {
        Files.writeString(certificate(), bundle.getCertificatePathPEM());
        Files.writeString(key(), bundle.getPrivateKeyPEM());
    }

    private SseServerBuilder server(Transport transport, SslProvider provider) throws IOException {
        TestTls.requireAvailable(provider);
        write(first);
        return TestServers.on(transport)
                .tls(certificate(), key())
                .tlsProvider(provider)
                .streams("/events/**", StreamRoute.topics());
    }

    @OverEachTls
    void aStreamOverTls(Transport transport, SslProvider provider) throws Exception {
        try (SseServer server =
                        server(transport, provider).heartbeat(Duration.ZERO).start();
                TlsClient client = new TlsClient(server, null)) {
            assertThat(server.uri()).startsWith("https://");
            client.get("/events/a");
            client.awaitText("\r\n\r\n");
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < 500; i++) {
                server.hub().publish("a", Event.of("event " + i));
                expected.append("data: event ").append(i).append('\n');
            }
            client.awaitText("data: event 499\n");
            assertThat(client.data()).isEqualTo(expected.toString());

            sinkOf(server.hub()).sink().close(CloseReason.SERVER_DRAINING);
            client.awaitEnd(); // a close_notify: without it the socket of the JDK throws
            assertThat(client.text()).endsWith("0\r\n\r\n");
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @OverEachTls
    void aClientThatReadsNothingIsOneSlowClient(Transport transport, SslProvider provider) throws Exception {
        try (SseServer server = server(transport, provider).start();
                TlsClient stalled = new TlsClient(server, null);
                TlsClient healthy = new TlsClient(server, null)) {
            stalled.get("/events/a");
            healthy.get("/events/a");
            healthy.awaitText("\r\n\r\n");
            await().until(() -> TestServers.sinks(server.hub()).size() == 2);
            String large = "x".repeat(100_000);
            int events = 120;
            for (int i = 0; i < events; i++) {
                server.hub().publish("a", Event.of(large)).toCompletableFuture().join();
                healthy.awaitBytes((i + 1L) * large.length());
            }
            // The kernel buffers some megabytes. Then the channel is full, and the rest stays in the topic only.
            await().untilAsserted(() -> assertThat(TestServers.sinks(server.hub()))
                    .hasSize(2)
                    .allSatisfy(sink -> assertThat(sink.pendingBytes()).isLessThan(512 * 1024)));
        }
    }

    @OverEachProvider
    void newConnectionsUseChangedFiles(SslProvider provider) throws Exception {
        try (SseServer server = server(Transport.NIO, provider).start();
                TlsClient before = new TlsClient(server, null)) {
            before.get("/events/a");
            before.awaitText("\r\n\r\n");
            assertThat(before.subject()).contains("O=first");

            ListAppender<ILoggingEvent> lines = new ListAppender<>();
            lines.list = new CopyOnWriteArrayList<>(); // read while another thread logs
            lines.start();
            Logger log = (Logger) LoggerFactory.getLogger(SseServer.class);
            log.addAppender(lines);
            try {
                Files.writeString(certificate(), "half a file");
                Files.writeString(key(), second.getPrivateKeyPEM());
                await().until(() -> lines.list.stream()
                        .anyMatch(line -> line.getFormattedMessage().contains("cannot be used, so the old ones stay")));
            } finally {
                log.detachAppender(lines);
            }
            try (TlsClient meanwhile = new TlsClient(server, null)) {
                assertThat(meanwhile.subject()).contains("O=first");
            }
            write(second);
            await().untilAsserted(() -> {
                try (TlsClient after = new TlsClient(server, null)) {
                    assertThat(after.subject()).contains("O=second");
                }
            });
            server.hub().publish("a", Event.of("the open stream goes on"));
            before.awaitText("data: the open stream goes on\n");
        }
    }

    @OverEachProvider
    void aClientNeedsACertificateIfAnAuthorityIsSet(SslProvider provider) throws Exception {
        Path authorities = Files.writeString(folder.resolve("ca.crt"), authority.getCertificatePEM());
        try (SseServer server = server(Transport.NIO, provider)
                .tlsClientCa(authorities)
                .authenticator(Authenticator.clientCertificate())
                .start()) {
            try (TlsClient known = new TlsClient(server, issued("CN=ann"))) {
                known.get("/events/a");
                known.awaitText("HTTP/1.1 200");
                assertThat(server.hub().clients("CN=ann").toCompletableFuture().join())
                        .hasSize(1)
                        .allSatisfy(
                                client -> assertThat(client.identity().expiry()).isAfter(Instant.now()));
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @OverEachProvider
    void aClientWithoutAValidCertificateIsRejectedAtOnce(SslProvider provider) throws Exception {
        Path authorities = Files.writeString(folder.resolve("ca.crt"), authority.getCertificatePEM());
        X509Bundle otherAuthority = new CertificateBuilder()
                .ecp256()
                .subject("CN=Test Authority") // the same name
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Instant now = Instant.now();
        Map<String, @Nullable X509Bundle> invalid = new LinkedHashMap<>();
        invalid.put("none", null);
        invalid.put(
                "of itself", of("CN=mallory").setIsCertificateAuthority(true).buildSelfSigned());
        invalid.put("of another authority", of("CN=ann").buildIssuedBy(otherAuthority));
        invalid.put(
                "expired",
                of("CN=ann")
                        .notBefore(now.minus(Duration.ofDays(3)))
                        .notAfter(now.minus(Duration.ofDays(2)))
                        .buildIssuedBy(authority));
        invalid.put(
                "not valid yet",
                of("CN=ann")
                        .notBefore(now.plus(Duration.ofDays(2)))
                        .notAfter(now.plus(Duration.ofDays(3)))
                        .buildIssuedBy(authority));
        try (SseServer server = server(Transport.NIO, provider)
                        .tlsClientCa(authorities)
                        .requestTimeout(Duration.ofMinutes(5)) // so that this timeout does not close them
                        .start();
                TlsClient known = new TlsClient(server, issued("CN=ann"))) {
            known.get("/events/a");
            known.awaitText("\r\n\r\n");
            for (Map.Entry<String, @Nullable X509Bundle> identity : invalid.entrySet()) {
                AnswerTime.assertShort(identity.getKey(), () -> {
                    long begin = System.nanoTime();
                    assertThatThrownBy(() -> readHead(server, identity.getValue()))
                            .as(identity.getKey())
                            .isInstanceOf(IOException.class);
                    return AnswerTime.since(begin);
                });
                server.hub().publish("a", Event.of(identity.getKey()));
                known.awaitText("data: " + identity.getKey() + "\n");
            }
            known.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** A handshake costs far more than a request. Twice the rate, so that a rejected client can read its 429. */
    @OverEachTls
    void theHandshakesOfAnAddressAreLimited(Transport transport, SslProvider provider) throws Exception {
        try (SseServer server = server(transport, provider)
                .connectRate(new Rate(1, Duration.ofHours(2)))
                .start()) {
            try (TlsClient first = new TlsClient(server, null);
                    TlsClient second = new TlsClient(server, null)) {
                first.get("/events/a");
                first.awaitText("HTTP/1.1 200");
                second.get("/events/a");
                second.awaitText("HTTP/1.1 429");
                assertThatThrownBy(() -> new TlsClient(server, null)).isInstanceOf(IOException.class);
                assertThat(server.hub().rejections().count(RejectionCounts.Kind.CONNECT_RATE))
                        .isEqualTo(2);
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    @Test
    void theMessageNamesAWrongFile() throws Exception {
        write(first);
        Path missing = folder.resolve("missing");
        assertMessage(missing, key(), "tls certificate: " + missing);
        assertMessage(certificate(), missing, "tls key: " + missing);
        assertMessage(key(), key(), "tls certificate: " + key() + " (expected: certificates in PEM");
        assertMessage(certificate(), certificate(), "\"BEGIN PRIVATE KEY\"");
        Path other = Files.writeString(folder.resolve("other"), second.getPrivateKeyPEM());
        assertMessage(certificate(), other, "the key of the first certificate");
        Path broken = Files.writeString(
                folder.resolve("broken"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assertMessage(certificate(), broken, "(expected: a key of RSA, EC, EdDSA)");
    }

    private static void assertMessage(Path certificate, Path key, String message) {
        assertThatThrownBy(() ->
                        TestServers.on(Transport.NIO).tls(certificate, key).start())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aContextOfTheApplicationIsUsed() throws Exception {
        try (SseServer server = TestServers.on(Transport.NIO)
                        .tls(SslContextBuilder.forServer(second.toKeyManagerFactory())
                                .build())
                        .streams("/events/**", StreamRoute.topics())
                        .start();
                TlsClient client = new TlsClient(server, null)) {
            assertThat(client.subject()).contains("O=second");
        }
        assertThatThrownBy(() ->
                        SseServer.builder().tls(SslContextBuilder.forClient().build()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SseServer.builder().tlsClientCa(folder)).isInstanceOf(IllegalStateException.class);
    }

    /** The clients would no longer need a certificate. */
    @Test
    void aContextInPlaceOfFilesDoesNotDropTheAuthority() throws Exception {
        SslContext context =
                SslContextBuilder.forServer(second.toKeyManagerFactory()).build();
        SseServerBuilder builder = SseServer.builder().tls(certificate(), key()).tlsClientCa(folder);
        assertThatThrownBy(() -> builder.tls(context))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("tls: tlsClientCa is set")
                .hasMessageContaining("(expected: ");
    }

    private static void readHead(SseServer server, @Nullable X509Bundle identity) throws Exception {
        try (TlsClient client = new TlsClient(server, identity)) {
            client.get("/events/a");
            client.awaitText("HTTP/1.1 200"); // with TLS 1.3 the rejection comes after the handshake of the client
        }
    }

    private static SinkInfo sinkOf(Hub hub) {
        await().until(() -> TestServers.sinks(hub).size() == 1);
        return TestServers.sinks(hub).get(0);
    }

    /** A client on the JDK's own TLS, which checks the server's certificate and name. */
    private static final class TlsClient implements AutoCloseable {
        private final SSLSocket socket;
        private final InputStream in;
        private final OutputStream out;
        private final StringBuilder text = new StringBuilder();
        private final byte[] buffer = new byte[64 * 1024];

        TlsClient(SseServer server, @Nullable X509Bundle identity) throws Exception {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", authority.getCertificate());
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            KeyManagerFactory keys = identity == null ? null : identity.toKeyManagerFactory();
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
            Socket plain = new Socket(InetAddress.getLoopbackAddress(), server.port());
            plain.setSoTimeout((int) RawClient.PATIENCE.toMillis());
            socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", server.port(), true);
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            try {
                socket.startHandshake();
            } catch (SSLException e) {
                socket.close();
                throw e;
            }
            in = socket.getInputStream();
            out = socket.getOutputStream();
        }

        String subject() throws SSLException {
            X509Certificate server = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return server.getSubjectX500Principal().getName();
        }

        void get(String path) throws IOException {
            out.write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        }

        void awaitText(String wanted) throws IOException {
            while (text.indexOf(wanted) < 0) {
                readSome();
            }
        }

        void awaitBytes(long count) throws IOException {
            while (text.length() < count) {
                readSome();
            }
        }

        void awaitEnd() throws IOException {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                text.append(new String(buffer, 0, count, StandardCharsets.US_ASCII));
            }
        }

        private void readSome() throws IOException {
            int count = in.read(buffer);
            if (count < 0) {
                throw new IOException("the server has closed the connection");
            }
            text.append(new String(buffer, 0, count, StandardCharsets.US_ASCII));
        }

        String text() {
            return text.toString();
        }

        /** The lines of data. */
        String data() {
            return Objects.requireNonNull(text.toString()
                    .lines()
                    .filter(line -> line.startsWith("data: "))
                    .reduce("", (all, line) -> all + line + "\n"));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
