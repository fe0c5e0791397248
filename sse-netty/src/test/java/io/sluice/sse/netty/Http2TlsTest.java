package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/2 over TLS, selected by ALPN: streams, windows, ends, and clients that do not keep to what they selected. */
@Timeout(120)
class Http2TlsTest {

    private static X509Bundle bundle;

    @TempDir
    Path folder;

    @BeforeAll
    static void makeCertificate() throws Exception {
        bundle = new CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    private SseServerBuilder server(Transport transport, SslProvider provider) throws Exception {
        TestTls.requireAvailable(provider);
        Path certificate = Files.writeString(folder.resolve("server.crt"), bundle.getCertificatePathPEM());
        Path key = Files.writeString(folder.resolve("server.key"), bundle.getPrivateKeyPEM());
        return TestServers.on(transport)
                .tls(certificate, key)
                .tlsProvider(provider)
                .streams("/events/**", StreamRoute.topics())
                .route(
                        "GET",
                        "/tls",
                        request -> CompletableFuture.completedFuture(RouteResponse.of(
                                200,
                                "text/plain",
                                request.scheme() + " "
                                        + (request.sslSession() == null
                                                ? null
                                                : request.sslSession().getProtocol()))));
    }

    private static Http2Client connect(SseServer server) throws Exception {
        return Http2Client.overTls(server.port(), "h2", "http/1.1").begin(-1);
    }

    @OverEachTls
    void streamsShareAConnection(Transport transport, SslProvider provider) throws Exception {
        try (SseServer server = server(transport, provider).start();
                Http2Client client = connect(server)) {
            assertThat(client.negotiated()).isEqualTo("h2");
            List<Integer> streams = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                streams.add(client.open("/events/a"));
            }
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                expected.add("event " + i);
                server.hub().publish("a", Event.of("event " + i));
            }
            for (int stream : streams) {
                client.awaitEvents(stream, expected.size());
                assertThat(client.stream(stream).data()).isEqualTo(expected);
            }
            int request = client.get("/tls");
            client.awaitOver(request);
            assertThat(client.stream(request).body()).hasToString("https TLSv1.3");
            client.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** The client reads nothing from its socket, so the kernel's buffers fill and the connection is not writable. */
    @OverEachTls
    void aClientThatDoesNotReadItsSocketGetsEverythingLater(Transport transport, SslProvider provider)
            throws Exception {
        try (Hub hub = Hub.builder()
                        .historyBytes(1L << 30)
                        .historyEvents(10_000)
                        .build();
                SseServer server = server(transport, provider).hub(hub).start();
                Http2Client client = connect(server)) {
            client.windowUpdate(0, 1 << 30);
            int first = client.open("/events/a");
            int second = client.open("/events/a");
            client.windowUpdate(first, 1 << 30).windowUpdate(second, 1 << 30).ping();
            String large = "x".repeat(30_000);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 200; i++) { // 12 MB for both
                expected.add(i + large);
                hub.publish("a", Event.of(i + large));
            }
            for (int stream : new int[] {first, second}) {
                client.awaitEvents(stream, expected.size());
                assertThat(client.stream(stream).data()).isEqualTo(expected);
            }
        }
    }

    @Test
    void aClientKeepsToWhatItHasSelected() throws Exception {
        try (SseServer server = server(Transport.AUTO, SslProvider.JDK).start()) {
            try (Http2Client old = Http2Client.overTls(server.port(), "http/1.1")) {
                assertThat(old.negotiated()).isEqualTo("http/1.1");
                old.bytes(Http2Client.PREFACE);
                old.bytes(new byte[9]);
                old.awaitEnd(); // a 400, which this client takes for a frame
            }
            try (Http2Client confused = Http2Client.overTls(server.port(), "h2")) {
                confused.bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                confused.awaitEnd();
            }
            TestServers.awaitNothingOwned(server.hub());
        }
        try (SseServer without =
                        server(Transport.AUTO, SslProvider.JDK).http2(false).start();
                Http2Client client = Http2Client.overTls(without.port(), "h2", "http/1.1")) {
            assertThat(client.negotiated()).isEqualTo("http/1.1");
        }
    }

    @Test
    void theClientOfTheJdkReadsAStream() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", bundle.getCertificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        HttpClient client = HttpClient.newBuilder()
                .sslContext(context)
                .connectTimeout(RawClient.PATIENCE)
                .build();
        try (SseServer server = server(Transport.AUTO, SslProvider.JDK)
                .drain(Duration.ofSeconds(2))
                .start()) {
            HttpResponse<InputStream> response = client.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/events/a"))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
            BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
            for (int i = 0; i < 100; i++) {
                server.hub().publish("a", Event.of("event " + i));
                String line = lines.readLine();
                while (!line.startsWith("data: ")) {
                    line = lines.readLine();
                }
                assertThat(line).isEqualTo("data: event " + i);
            }
            server.close();
            assertThat(lines.lines().filter(line -> !line.isEmpty()))
                    .singleElement()
                    .asString()
                    .startsWith("retry: ");
        }
    }
}
