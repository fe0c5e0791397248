package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the contract for HTTPS: certificates from files, HTTP/2, and clients that are known by their certificate. */
@Timeout(120)
class TlsContractTest {

    private static final String ADMIN = "an-admin-token";

    @TempDir
    Path folder;

    private X509Bundle authority;
    private Path certificate;
    private Path key;

    @BeforeEach
    void makeAuthority() throws Exception {
        authority = new CertificateBuilder()
                .ecp256()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        certificate = folder.resolve("server.crt");
        key = folder.resolve("server.key");
        writeCertificate("CN=localhost");
    }

    private void writeCertificate(String subject) throws Exception {
        X509Bundle server = new CertificateBuilder()
                .ecp256()
                .subject(subject)
                .addSanDnsName("localhost")
                .addSanIpAddress("127.0.0.1")
                .buildIssuedBy(authority);
        Files.writeString(key, server.getPrivateKeyPEM());
        Files.writeString(certificate, server.getCertificatePathPEM());
    }

    private TestServer start(String... more) throws BadOptionException {
        List<String> arguments =
                new ArrayList<>(List.of("--tls-cert", certificate.toString(), "--tls-key", key.toString()));
        arguments.addAll(List.of(more));
        return TestServer.start(arguments.toArray(new String[0]));
    }

    /** A client that checks the server's certificate. Each has connections of its own. */
    private HttpClient client(@Nullable X509Bundle identity) throws Exception {
        KeyManager[] keys =
                identity == null ? null : identity.toKeyManagerFactory().getKeyManagers();
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, authority.toTrustManagerFactory().getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static HttpRequest get(TestServer server, String target, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + target));
        return (headers.length == 0 ? request : request.headers(headers)).build();
    }

    @Test
    void aServerWithACertificateServesStreamsOverHttp2() throws Exception {
        try (TestServer server = start()) {
            assertThat(server.uri("/").toString()).startsWith("https://");
            HttpResponse<InputStream> stream =
                    client(null).send(get(server, "/events/a"), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(stream.version()).isEqualTo(HttpClient.Version.HTTP_2);
            try (BufferedReader lines = linesOf(stream)) {
                assertThat(lines.readLine()).startsWith("retry: ");
                server.hub().publish("a", io.sluice.sse.Event.of("over TLS"));
                assertThat(lines.lines()
                                .filter(line -> line.startsWith("data: "))
                                .findFirst())
                        .contains("data: over TLS");
            }
        }
    }

    @Test
    void newConnectionsUseAChangedCertificate() throws Exception {
        try (TestServer server = start()) {
            assertThat(subjectOf(server)).isEqualTo("CN=localhost");
            writeCertificate("CN=renewed");
            await().until(() -> subjectOf(server).equals("CN=renewed"));
        }
    }

    private String subjectOf(TestServer server) throws Exception {
        return client(null)
                .send(get(server, "/health/live"), HttpResponse.BodyHandlers.discarding())
                .sslSession()
                .orElseThrow()
                .getPeerPrincipal()
                .getName();
    }

    @Test
    void aClientIsKnownByItsCertificate() throws Exception {
        Path authorities = folder.resolve("clients.crt");
        Files.writeString(authorities, authority.getCertificatePathPEM());
        try (TestServer server = start("--tls-client-ca", authorities.toString(), "--admin-token", ADMIN)) {
            assertThatThrownBy(
                            () -> client(null).send(get(server, "/events/a"), HttpResponse.BodyHandlers.discarding()))
                    .as("without a certificate")
                    .isInstanceOf(IOException.class);

            HttpClient ann =
                    client(new CertificateBuilder().ecp256().subject("CN=ann").buildIssuedBy(authority));
            HttpResponse<InputStream> stream =
                    ann.send(get(server, "/events/a"), HttpResponse.BodyHandlers.ofInputStream());
            try (BufferedReader lines = linesOf(stream)) {
                assertThat(lines.readLine()).startsWith("retry: ");
                String connections = ann.send(
                                get(server, "/admin/connections", "Authorization", "Bearer " + ADMIN),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
                assertThat(new ObjectMapper().readTree(connections).findValuesAsText("principal"))
                        .containsExactly("CN=ann");
            }
        }
    }

    private static BufferedReader linesOf(HttpResponse<InputStream> stream) {
        return new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8));
    }
}
