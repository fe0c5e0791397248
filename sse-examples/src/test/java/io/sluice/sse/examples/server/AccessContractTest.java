package io.sluice.sse.examples.server;

import static io.sluice.sse.examples.server.AccessTokens.SECRET;
import static io.sluice.sse.examples.server.AccessTokens.bearer;
import static io.sluice.sse.examples.server.AccessTokens.claims;
import static io.sluice.sse.examples.server.AccessTokens.secretFile;
import static io.sluice.sse.examples.server.AccessTokens.sign;
import static io.sluice.sse.examples.server.AccessTokens.signed;
import static io.sluice.sse.examples.server.AccessTokens.status;
import static io.sluice.sse.examples.server.AccessTokens.ticket;
import static io.sluice.sse.examples.server.TestServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.OctetSequenceKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import io.sluice.sse.Identity;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Tests the contract for tokens, JSON web tokens and principals. */
@Timeout(120)
class AccessContractTest {

    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");

    @TempDir
    Path folder;

    // ---- static tokens

    @Test
    void staticTokensGuardStreamsAndPublishing() throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "from-a-file\n");
        try (TestServer server = TestServer.start(
                "--subscribe-token", "sub-1",
                "--subscribe-token", "sub-2",
                "--publish-token", "@" + file,
                "--publish-token", "both",
                "--subscribe-token", "both",
                "--admin-token", "@" + file)) {
            assertThat(status(server, "/events/a")).isEqualTo(401);
            for (String wrong : List.of("sub", "sub-11", "from-a-file", "x")) {
                assertThat(status(server, "/events/a", bearer(wrong))).as(wrong).isIn(401, 403);
            }
            for (String right : List.of("sub-1", "sub-2", "both")) {
                assertThat(status(server, "/events/a", bearer(right))).as(right).isEqualTo(200);
                assertThat(status(server, "/events/**", bearer(right)))
                        .as(right)
                        .isEqualTo(200);
            }
            assertProblem(server.post("/publish/a", "x"), 401, "only authenticated clients may publish to \"a\"");
            assertProblem(server.post("/publish/a", "x", bearer("sub-1")), 403, "may not publish");
            assertProblem(server.post("/publish/a", "x", bearer("wrong")), 401, "the token is not accepted");
            assertThat(server.post("/publish/a", "x", bearer("from-a-file")).statusCode())
                    .isEqualTo(200);
            assertThat(server.post("/publish/a", "x", bearer("both")).statusCode())
                    .isEqualTo(200);
            for (String query : List.of("token", "access_token", "ticket")) {
                assertThat(status(server, "/events/a?" + query + "=sub-1"))
                        .as(query)
                        .isEqualTo(401);
            }
            assertThat(server.get("/admin/ledger", bearer("from-a-file")).statusCode())
                    .as("the admin token is another thing")
                    .isEqualTo(200);
            assertThat(server.get("/health/live", bearer("of the probe")).statusCode())
                    .isEqualTo(200);
            assertThat(server.get("/").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void wrongTokensAreLimitedPerAddress() throws Exception {
        try (TestServer server = TestServer.start(
                "--subscribe-token", "s",
                "--admin-token", "a",
                "--wrong-token-rate", "3/h",
                "--trusted-proxy", "127.0.0.1",
                "--forwarded", "x-forwarded-for")) {
            assertThat(status(server, "/events/a", bearer("wrong"))).isEqualTo(401);
            assertThat(status(server, "/events/a?ticket=wrong")).isEqualTo(401);
            assertProblem(server.get("/admin/ledger", bearer("wrong")), 401, "admin token");
            for (String token : List.of("wrong", "s", "a")) {
                for (String target : List.of("/events/a", "/admin/ledger")) {
                    HttpResponse<String> rejected = server.get(target, bearer(token));
                    assertProblem(rejected, 429, "wrong credentials too often");
                    String wait = rejected.headers().firstValue("retry-after").orElseThrow();
                    assertThat(Integer.parseInt(wait)).isBetween(1_000, 1_200);
                }
            }
            assertThat(status(server, "/events/a")).as("no token").isEqualTo(401);
            assertThat(server.get("/health/live").statusCode()).isEqualTo(200);
            try (RawStream other =
                    server.stream("/events/a", "Authorization: Bearer s", "X-Forwarded-For: 192.0.2.1")) {
                assertThat(other.head()).contains(" 200 ");
            }
            assertThat(server.get("/metrics").body()).contains("sluice_refused_total{limit=\"authentication-rate\"}");
        }
    }

    @Test
    void theAdminTokenIsForTheAdminRoutesAlone() throws Exception {
        try (TestServer server = TestServer.start("--admin-token", "a")) {
            for (String token : List.of("a", "of-a-gateway")) {
                assertThat(status(server, "/events/a", bearer(token))).isEqualTo(200);
                assertThat(server.post("/publish/a", "x", bearer(token)).statusCode())
                        .isEqualTo(200);
            }
            assertThat(server.get("/admin/ledger", bearer("a")).statusCode()).isEqualTo(200);
            assertThat(server.get("/admin/ledger", bearer("b")).statusCode()).isEqualTo(401);
            assertThat(status(server, "/admin/ledger", "Authorization", "Bearer b\r\nAuthorization: Bearer a"))
                    .as("two tokens")
                    .isEqualTo(401);
        }
    }

    @Test
    void aTokenForPublishingLeavesStreamsOpen() throws Exception {
        try (TestServer server = TestServer.start("--publish-token", "p")) {
            assertThat(status(server, "/events/a")).isEqualTo(200);
            assertThat(server.post("/publish/a", "x").statusCode()).isEqualTo(401);
            assertThat(server.post("/publish/a", "x", bearer("p")).statusCode()).isEqualTo(200);
        }
        try (TestServer server = TestServer.start("--subscribe-token", "s")) {
            assertThat(status(server, "/events/a")).isEqualTo(401);
            assertThat(server.post("/publish/a", "x").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void commasSeparateTokensInTheEnvironment() throws Exception {
        Options options = Options.parse(Map.of("SLUICE_PUBLISH_TOKEN", "a,b"), "--subscribe-token", "c,d");
        assertThat(options.secrets("--publish-token", options.publishTokens)).containsExactly("a", "b");
        assertThat(options.secrets("--subscribe-token", options.subscribeTokens))
                .containsExactly("c,d");
        assertThatThrownBy(() -> options.secrets("--publish-token", List.of(" ")))
                .isInstanceOf(BadOptionException.class);
    }

    // ---- JSON web tokens

    @Test
    void aChangedKeyFileIsUsedAndABadOneKeepsTheOldKey() throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Logger logger = (Logger) LoggerFactory.getLogger(SseServer.class);
        logger.addAppender(lines);
        Path file = secretFile(folder);
        String old = signed(claims("ann").build());
        RSAKey rsa = new RSAKeyGenerator(2048).generate();
        String recent =
                sign(JWSAlgorithm.RS256, new RSASSASigner(rsa), claims("ann").build());
        try (TestServer server = TestServer.start("--jwt-key", file.toString())) {
            assertThat(status(server, "/events/public/1", bearer(old))).isEqualTo(200);
            Files.writeString(file, "short and s3cret");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(lines.list)
                            .extracting(ILoggingEvent::getLevel)
                            .containsOnlyOnce(Level.WARN));
            assertThat(lines.list.get(lines.list.size() - 1).getFormattedMessage())
                    .contains("the old ones stay in use", file.toString())
                    .doesNotContain("s3cret");
            assertThat(status(server, "/events/public/1", bearer(old))).isEqualTo(200);
            pem(file, rsa.toRSAPublicKey());
            Awaitility.await()
                    .untilAsserted(() -> assertThat(status(server, "/events/public/1", bearer(recent)))
                            .isEqualTo(200));
            assertThat(status(server, "/events/public/1", bearer(old))).isEqualTo(401);
        } finally {
            logger.detachAppender(lines);
        }
    }

    private static Path pem(Path file, PublicKey key) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
        return Files.writeString(file, "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n");
    }

    private JwtVerifier verifier(Path file) {
        return JwtVerifier.read(file, InstantSource.fixed(NOW));
    }

    private static void assertRejected(JwtVerifier verifier, String token, String reason) {
        assertThatThrownBy(() -> verifier.verify(token))
                .isInstanceOfSatisfying(HttpStatusException.class, rejection -> {
                    assertThat(rejection.status()).isEqualTo(401);
                    assertThat(rejection.detail()).contains(reason).doesNotContain(token);
                    assertThat(rejection.headers()).containsEntry("www-authenticate", "Bearer error=\"invalid_token\"");
                });
    }

    @Test
    void eachKindOfKeyVerifiesItsOwnAlgorithmOnly() throws Exception {
        RSAKey rsa = new RSAKeyGenerator(2048).keyID("r").generate();
        ECKey ec = new ECKeyGenerator(Curve.P_256).keyID("e").generate();
        OctetSequenceKey secret = new OctetSequenceKeyGenerator(256).keyID("s").generate();
        JWTClaimsSet claims = claims("ann").build();
        String byRsa = sign(JWSAlgorithm.RS256, new RSASSASigner(rsa), claims);
        String byEc = sign(JWSAlgorithm.ES256, new ECDSASigner(ec), claims);
        String bySecret = signed(claims);
        Path rsaFile = pem(folder.resolve("rsa"), rsa.toRSAPublicKey());
        JwtVerifier withRsa = verifier(rsaFile);
        JwtVerifier withEc = verifier(pem(folder.resolve("ec"), ec.toECPublicKey()));
        JwtVerifier withSecret = verifier(secretFile(folder));
        JwtVerifier withSet = verifier(Files.writeString(
                folder.resolve("jwks"),
                new JWKSet(List.of(rsa.toPublicJWK(), ec.toPublicJWK(), secret)).toString(false)));
        assertThat(withRsa.isSlow()).isTrue();
        assertThat(withSecret.isSlow()).isFalse();
        for (Identity identity : List.of(
                withRsa.verify(byRsa),
                withEc.verify(byEc),
                withSecret.verify(bySecret),
                withSet.verify(byRsa),
                withSet.verify(byEc),
                withSet.verify(sign(JWSAlgorithm.HS256, new MACSigner(secret), claims)))) {
            assertThat(identity.principal()).isEqualTo("ann");
            assertThat(identity.attributes()).containsEntry("sluice.subscribe", "users/ann/**\npublic/**");
        }
        assertRejected(withRsa, byEc, "signature");
        assertRejected(withRsa, bySecret, "signature");
        assertRejected(withEc, byRsa, "signature");
        assertRejected(withSecret, byRsa, "signature");
        assertRejected(withSet, bySecret, "signature");
        assertRejected(withRsa, sign(JWSAlgorithm.RS512, new RSASSASigner(rsa), claims), "signature");
        assertRejected(withSecret, sign(JWSAlgorithm.HS512, new MACSigner(SECRET + SECRET), claims), "signature");
        // The public key, which every client may know, is not a secret.
        byte[] publicKey = Files.readAllBytes(rsaFile);
        assertRejected(withRsa, sign(JWSAlgorithm.HS256, new MACSigner(publicKey), claims), "signature");
        String none = new PlainJWT(claims).serialize();
        for (JwtVerifier verifier : List.of(withRsa, withEc, withSecret, withSet)) {
            assertRejected(verifier, none, "it is not a signed JSON web token");
            assertRejected(verifier, "a.b.c", "it is not a signed JSON web token");
            assertRejected(verifier, bySecret.substring(0, bySecret.lastIndexOf('.') + 1), "");
        }
        String[] parts = bySecret.split("\\.");
        String forged = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
                        .replace("ann", "bob")
                        .getBytes(StandardCharsets.UTF_8));
        assertRejected(withSecret, parts[0] + "." + forged + "." + parts[2], "signature");
    }

    @Test
    void timesAndClaimsAreChecked() throws Exception {
        JwtVerifier verifier = verifier(secretFile(folder));
        Instant soon = NOW.plusSeconds(60);
        assertThat(verifier.verify(signed(
                                claims("ann").expirationTime(Date.from(soon)).build()))
                        .expiry())
                .isEqualTo(soon);
        assertRejected(
                verifier, signed(claims("ann").expirationTime(Date.from(NOW)).build()), "it has expired");
        assertRejected(
                verifier, signed(claims("ann").notBeforeTime(Date.from(soon)).build()), "not valid yet");
        assertRejected(verifier, signed(claims("").build()), "sub");
        for (Object bad : List.of(List.of("a//b"), List.of(7), "x*", Map.of("a", "b"), List.of("a\nb"))) {
            String token = signed(claims("ann").claim("sluice.subscribe", bad).build());
            assertRejected(verifier, token, "sluice.subscribe");
        }
        Identity nobody = verifier.verify(signed(new JWTClaimsSet.Builder().build()));
        assertThat(nobody.principal()).isNull();
        assertThat(nobody.toString()).doesNotContain("users/");
    }

    @Test
    void aWrongKeyFileIsNamed() throws Exception {
        RSAKey rsa = new RSAKeyGenerator(2048).generate();
        String privateKey = "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getEncoder().encodeToString(rsa.toRSAPrivateKey().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
        for (String content : List.of(
                "short",
                "{\"keys\":[]}",
                "{bad",
                privateKey,
                "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
                new JWKSet(new ECKeyGenerator(Curve.P_521).generate()).toString(),
                new JWKSet(new RSAKey.Builder(rsa).algorithm(JWSAlgorithm.RS512).build()).toString())) {
            Path file = Files.writeString(folder.resolve("key"), content);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> verifier(file))
                    .withMessageStartingWith("jwtKey: " + file + " (expected: a secret of at least 32 bytes");
        }
    }

    @Test
    void aTokenDecidesAboutTopicsAndItsEndEndsTheStream() throws Exception {
        RSAKey rsa = new RSAKeyGenerator(2048).generate();
        Path key = pem(folder.resolve("rsa"), rsa.toRSAPublicKey());
        try (TestServer server = TestServer.start("--jwt-key", key.toString(), "--jwt-cookie", "session")) {
            String ann = sign(
                    JWSAlgorithm.RS256, new RSASSASigner(rsa), claims("ann").build());
            assertThat(status(server, "/events/users/ann/inbox", bearer(ann))).isEqualTo(200);
            assertThat(status(server, "/events/users/ann/**", bearer(ann))).isEqualTo(200);
            assertThat(status(server, "/events?topic=public/1", bearer(ann))).isEqualTo(200);
            assertThat(status(server, "/events/users/bob", bearer(ann))).isEqualTo(403);
            assertThat(status(server, "/events/users/ann?topic=users/bob", bearer(ann)))
                    .isEqualTo(403);
            assertThat(status(server, "/events/**", bearer(ann))).isEqualTo(403);
            assertThat(status(server, "/events/public/1")).isEqualTo(401);
            assertThat(status(server, "/events/public/1", bearer(ann + "x"))).isEqualTo(401);
            assertThat(status(server, "/events/public/1", "Cookie", "a=b; session=" + ann))
                    .isEqualTo(200);
            assertThat(server.post("/publish/users/ann", "x", bearer(ann)).statusCode())
                    .isEqualTo(200);
            assertThat(server.post("/publish/users/bob", "x", bearer(ann)).statusCode())
                    .isEqualTo(403);
            String batch = "[{\"topic\":\"users/ann\",\"data\":1},{\"topic\":\"users/bob\",\"data\":2}]";
            assertProblem(
                    server.post(
                            "/publish",
                            batch,
                            "Authorization",
                            "Bearer " + ann,
                            "Content-Type",
                            "application/vnd.sluice.batch+json"),
                    403,
                    "users/bob");

            String brief = sign(
                    JWSAlgorithm.RS256,
                    new RSASSASigner(rsa),
                    claims("ann")
                            .expirationTime(Date.from(Instant.now().plusSeconds(2)))
                            .build());
            try (RawStream stream = server.stream("/events/public/1", "Authorization: Bearer " + brief)) {
                assertThat(stream.awaitEnd(RawStream.TIMEOUT)).isTrue();
                assertThat(stream.response().hasEnded()).isTrue();
                assertThat(stream.response().retries()).hasSize(2);
            }
            assertThat(status(server, "/events/public/1", bearer(brief))).isEqualTo(401);
        }
    }

    // ---- principals

    @Test
    void everyPrincipalCanBeEnded() throws Exception {
        try (TestServer server =
                TestServer.start("--jwt-key", secretFile(folder).toString())) {
            for (String name : List.of("https://issuer.example/ann", "..", "a/../b", "a b?c#d", "é%2F", "a//b/")) {
                String token = signed(claims("ann").subject(name).build());
                try (RawStream stream = server.stream("/events/public/1", "Authorization: Bearer " + token)) {
                    stream.firstBlock();
                    String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8)
                            .replace("+", "%20")
                            .replace(".", "%2E");
                    assertThat(server.send("DELETE", "/admin/principals/" + encoded, new byte[0])
                                    .statusCode())
                            .as(name)
                            .isEqualTo(204);
                    assertThat(stream.awaitEnd(RawStream.TIMEOUT)).as(name).isTrue();
                }
            }
        }
    }

    @Test
    void principalsAreShownLimitedAndEnded() throws Exception {
        try (TestServer server = TestServer.start(
                "--jwt-key", secretFile(folder).toString(),
                "--max-connections-per-user", "1",
                "--publish-rate-per-user", "1/h")) {
            String ann = signed(claims("ann").build());
            String bob = signed(claims("bob").build());
            try (RawStream one = server.stream("/events/public/1", "Authorization: Bearer " + ann);
                    RawStream two = server.stream("/events/public/1", "Authorization: Bearer " + bob)) {
                one.firstBlock();
                two.firstBlock();
                assertThat(status(server, "/events/public/1", bearer(ann))).isEqualTo(429);
                JsonNode connections = server.json("/admin/connections");
                assertThat(connections.findValuesAsText("principal")).containsExactlyInAnyOrder("ann", "bob");
                assertThat(connections.toString()).doesNotContain(ann);
                assertThat(server.send("DELETE", "/admin/principals/ann", new byte[0])
                                .statusCode())
                        .isEqualTo(204);
                assertThat(one.awaitEnd(RawStream.TIMEOUT)).isTrue();
                assertThat(server.json("/admin/connections").findValuesAsText("principal"))
                        .containsExactly("bob");
                assertThat(server.send("DELETE", "/admin/principals/", new byte[0])
                                .statusCode())
                        .isEqualTo(400);
            }
            assertThat(server.post("/publish/users/ann", "x", bearer(ann)).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> second = server.post("/publish/users/ann", "x", bearer(ann));
            assertThat(second.statusCode()).isEqualTo(429);
            assertThat(second.headers().firstValue("retry-after")).isPresent();
            assertThat(server.post("/publish/users/bob", "x", bearer(bob)).statusCode())
                    .isEqualTo(200);
        }
    }

    // ---- secrets

    @Test
    void noSecretReachesALogAMetricOrAResponse() throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Level before = root.getLevel();
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        root.addAppender(lines);
        root.setLevel(Level.TRACE);
        StringBuilder seen = new StringBuilder();
        String token = signed(claims("ann").build());
        String ticket;
        try (TestServer server = TestServer.start(
                "--jwt-key",
                secretFile(folder).toString(),
                "--publish-token",
                "static-s3cret",
                "--admin-token",
                "admin-s3cret")) {
            ticket = ticket(server, "?topic=public/1", bearer(token));
            assertThat(status(server, "/events/public/1?ticket=" + ticket)).isEqualTo(200);
            for (String target : List.of("/events/public/1?ticket=" + ticket, "/events/payroll", "/events/a//b")) {
                seen.append(server.get(target, bearer(token)).body());
            }
            seen.append(server.post("/publish/a", "x", bearer("static-s3cret")).body());
            seen.append(server.post("/publish/a", "x", bearer("static-s3cretx")).body());
            seen.append(server.get("/metrics").body());
            seen.append(server.get("/admin/connections", bearer("admin-s3cret")).body());
        } finally {
            root.detachAppender(lines);
            root.setLevel(before);
        }
        lines.list.forEach(line -> seen.append(line.getFormattedMessage()).append('\n'));
        assertThat(seen.toString())
                .doesNotContain(ticket, token, token.substring(token.lastIndexOf('.') + 1), SECRET, "s3cret");
    }
}
